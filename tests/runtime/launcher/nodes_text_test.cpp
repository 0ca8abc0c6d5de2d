#include <weir/runtime/launcher/nodes_text.hpp>

#include <boost/test/unit_test.hpp>

using namespace weir::config;
using namespace std::chrono_literals;

namespace {

weir::nodes::node_state there() {
  weir::nodes::node_state s;
  s.name = "one";
  s.address = "127.0.0.1:4711";
  s.workers = 2;
  s.credit = 16;
  s.in_flight = 3;
  s.done = 120;
  s.busy = 3'100ms;
  s.round_trip = 180us;
  return s;
}

weir::nodes::node_state gone() {
  weir::nodes::node_state s;
  s.name = "two";
  s.done = 7;
  s.busy = 20ms;
  s.lost = 2;
  s.connected = false;
  return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(nodes_texts)

BOOST_AUTO_TEST_CASE(while_a_run_goes_on_each_node_says_what_it_has) {
  BOOST_TEST(
      nodes_text({"sum"}, {there(), gone()}) ==
      "node one: 3 of 16 jobs, 2 workers, 120 done, 3.10 s of work, round trip 180 µs, 127.0.0.1:4711\n"
      "node two: gone, 7 done, 20.0 ms of work, 2 calls lost\n");
}

BOOST_AUTO_TEST_CASE(while_no_node_is_there_it_is_said_which_jobs_wait) {
  BOOST_TEST(nodes_text({"sum"}, {}) == "no node is there: the jobs at work in stage \"sum\" wait for one\n");
  BOOST_TEST(nodes_text({"sum", "count"}, {gone()}) ==
             "no node is there: the jobs at work in stages \"sum\", \"count\" wait for one\n"
             "node two: gone, 7 done, 20.0 ms of work, 2 calls lost\n");
}

BOOST_AUTO_TEST_CASE(the_summary_says_what_each_has_done) {
  BOOST_TEST(nodes_summary({there(), gone()}) ==
             "  node one: 120 done, 3.10 s of work, 2 workers, round trip 180 µs, 127.0.0.1:4711\n"
             "  node two: 7 done, 20.0 ms of work, 2 calls lost, gone\n");
  BOOST_TEST(nodes_summary({}) == "  no node has come\n");
}

BOOST_AUTO_TEST_CASE(a_node_that_leaves_or_whose_way_was_not_measured_says_so_or_nothing) {
  auto s = there();
  s.leaving = true;
  s.workers = 1;
  s.lost = 1;
  s.round_trip = {};
  s.address = {};
  BOOST_TEST(nodes_text({"sum"}, {s}) ==
             "node one: 3 of 16 jobs, 1 worker, 120 done, 3.10 s of work, 1 call lost, leaving\n");
}

BOOST_AUTO_TEST_CASE(the_progress_counts_those_that_are_there_and_what_they_have) {
  BOOST_TEST(nodes_progress({}) == "no node is there");
  BOOST_TEST(nodes_progress({gone()}) == "no node is there");
  BOOST_TEST(nodes_progress({there(), gone()}) == "3 at 1 node");
  auto s = there();
  s.in_flight = 11;
  BOOST_TEST(nodes_progress({there(), s, gone()}) == "14 at 2 nodes");
}

BOOST_AUTO_TEST_CASE(where_there_are_more_workers_than_calls_it_is_said_what_to_set) {
  auto leaves = there();
  leaves.leaving = true;
  BOOST_TEST(workers_of({there(), gone(), there(), leaves}) == 4u);
  BOOST_TEST(
      idle_text({"sum"}, 2, 4, 8) ==
      "nodes: 4 workers are there, and the parallelism of stage \"sum\" keeps 2 busy at most: set it to 8");
  BOOST_TEST(
      idle_text({"sum", "count"}, 2, 4, 8) ==
      "nodes: 4 workers are there, and the parallelism of stages \"sum\", \"count\" keeps 2 busy at most: "
      "set it to 8 in all");
}

BOOST_AUTO_TEST_CASE(a_node_says_whom_it_has_or_why_nobody_and_since_when) {
  const weir::time_point now{1h};
  weir::nodes::node_view n;
  n.since = now - 3'200ms;
  BOOST_TEST(node_text(n, 0, now) == "not connected for 3.20 s, 0 jobs done");
  n.why_down = "can't connect: Connection refused";
  BOOST_TEST(node_text(n, 1, now) ==
             "not connected for 3.20 s, 1 job done: can't connect: Connection refused");
  n.held = 1;
  n.leaving = true;
  BOOST_TEST(node_text(n, 7, now) ==
             "not connected for 3.20 s, 1 job held, 7 jobs done, leaving: can't connect: Connection refused");
  weir::nodes::node_view up;
  up.is_up = true;
  up.since = now - 185s;
  up.with = "coordinator";
  BOOST_TEST(node_text(up, 0, now) == "connected to coordinator for 3 min 05 s, 0 jobs done");
  up.round_trip = 180us;
  up.held = 4;
  BOOST_TEST(node_text(up, 120, now) ==
             "connected to coordinator for 3 min 05 s, round trip 180 µs, 4 jobs held, 120 jobs done");
}

BOOST_AUTO_TEST_SUITE_END()
