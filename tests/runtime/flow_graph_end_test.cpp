#include <weir/runtime/flow_run.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>

#include "flow_graph_support.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(flow_graph_ends, graphs)

BOOST_AUTO_TEST_CASE(a_plan_that_leads_back_or_nowhere_is_refused) {
  const auto refused = [&](std::vector<nodes> stages_from, nodes sink_from) {
    p = {};
    add(std::make_unique<numbers>(1));
    for (auto& up : stages_from)
      add(from(std::move(up), stage("s" + std::to_string(p.stages.size()), same)));
    add_sink(std::move(sink_from));
    try {
      run();
    } catch (const std::invalid_argument&) {
      return true;
    }
    return false;
  };
  BOOST_TEST(!refused({{}, {1}}, {2}));
  BOOST_TEST(refused({{0, 2}, {1}}, {2}), "a cycle");
  BOOST_TEST(refused({{0}, {0}}, {2}), "a stage that leads nowhere");
  BOOST_TEST(refused({{0}, {1}}, {0, 2}), "a sink without a stage before it");
}

BOOST_AUTO_TEST_CASE(a_cancel_reaches_all_branches_and_its_cause_is_in_the_summary) {
  two_branches(1'000'000, same, until_canceled);
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return one->count() > 0 && run.look().running > 0; });
  ctx.cancel({ec::canceled, "operator", "enough"});
  const auto s = run.wait();
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.completed == 0U, "one branch alone completes no job");
  BOOST_TEST(s.books.failed == 0U);
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST(s.ended_by->who == "operator");
}

BOOST_AUTO_TEST_CASE(a_drain_finishes_what_was_admitted_in_all_branches) {
  const auto shut = std::make_shared<event>();
  two_branches(1'000'000, same, behind(shut));
  flow_control control;
  control.intake = context::with_cancel(context::background());
  const auto intake = control.intake;
  flow_run run{on, ctx, std::move(p), std::move(control)};
  until(run, [&] { return one->count() == 9; });
  intake.cancel({ec::canceled, "signal", "SIGINT"});
  shut->set();
  const auto s = run.wait();
  // The ninth waited for room in one branch, but was in the other one already.
  BOOST_TEST((s.books == policy::books{9, 9, 0, 9, 0, 0}));
  BOOST_TEST(one->count() == 9U);
  BOOST_TEST(two->count() == 9U);
  BOOST_TEST(s.ended_by->who == "signal");
}

BOOST_AUTO_TEST_CASE(the_error_of_one_of_two_sinks_ends_the_run_and_is_named) {
  two_branches(1'000'000, same, same);
  two->on_put = [n = 0]() mutable { return ++n == 3 ? make_error(ec::io, "no space left") : caf::error{}; };
  const auto s = run();
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.offered < 1'000'000U);
  BOOST_TEST(two->count() == 2U);
  BOOST_TEST(s.sink_error.value_or("") == "sink 1: no space left");
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST(s.ended_by->why == "sink 1: no space left");
  BOOST_TEST(exit_code(s) == 1);
  BOOST_TEST(one->finished_early == 1);
  BOOST_TEST(two->finished + two->finished_early == 0);
}

BOOST_AUTO_TEST_CASE(after_a_sink_that_cannot_be_opened_no_other_one_is_touched) {
  struct shut_sink final : sink {
    using sink::put;
    caf::error open() override { return make_error(ec::io, "read-only"); }
    caf::error put(const completed_item&) override { return {}; }
    caf::error finish() override { return {}; }
  };
  add(std::make_unique<numbers>(10));
  add(stage("a", same));
  p.sinks.push_back({"shut", std::make_unique<shut_sink>(), {1}});
  out = add_sink({1});
  const auto s = run();
  BOOST_TEST(s.sink_error.value_or("") == "shut: read-only");
  BOOST_TEST(s.books.offered == 0U);
  BOOST_TEST(out->finished + out->finished_early == 0);
}

BOOST_AUTO_TEST_CASE(a_sink_that_hangs_keeps_neither_the_run_nor_the_other_sink_from_their_end) {
  // In real time, as the thread of the other last call must have come to run before its time is over.
  const auto stuck = std::make_shared<event>();
  two_branches(1'000, same, same);
  two->on_put = [stuck] {
    stuck->wait();
    return caf::error{};
  };
  p.shutdown_budget = 50ms;
  {
    flow_run run{on, ctx, std::move(p)};
    until(run, [&] { return one->count() >= 9; });
    ctx.cancel("enough");
    const auto s = run.wait();
    BOOST_TEST(s.books.balanced());
    BOOST_TEST(s.books.completed == 0U);
    BOOST_TEST(s.sink_error.value_or("") == "sink 1: the output was not taken within the shutdown budget");
    BOOST_TEST(one->finished_early == 1);
  }
  stuck->set();
}

BOOST_AUTO_TEST_CASE(the_last_call_of_one_sink_that_hangs_is_given_up_and_the_other_one_is_made) {
  const auto stuck = std::make_shared<event>();
  two_branches(1'000'000, same, same);
  two->on_finish = [stuck] { stuck->wait(); };
  p.shutdown_budget = 50ms;
  {
    flow_run run{on, ctx, std::move(p)};
    until(run, [&] { return one->count() > 0; });
    ctx.cancel("enough");
    const auto s = run.wait();
    BOOST_TEST(s.books.balanced());
    BOOST_TEST(s.sink_error.value_or("") == "sink 1: the output was not taken within the shutdown budget");
    BOOST_TEST(one->finished_early == 1);
  }
  stuck->set();
}

BOOST_AUTO_TEST_SUITE_END()

// -- in virtual time ----------------------------------------------------------------------------------

namespace {

struct graphs_in_virtual_time : graphs {
  manual_clock& clock = kept_clock();
  context root = context::with_cancel(context::background(clock));
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(flow_graphs_in_virtual_time, graphs_in_virtual_time)

BOOST_AUTO_TEST_CASE(a_job_that_is_stuck_in_two_branches_is_named_once) {
  const auto stuck = std::make_shared<event>();
  two_branches(1, behind(stuck), behind(stuck));
  p.shutdown_budget = 10s;
  {
    flow_run run{on, root, std::move(p)};
    until(run, [&] { return run.look().running == 2; });
    root.cancel("enough");
    const auto s = advance_to_end(clock, run, 100ms);
    BOOST_TEST((s.books == policy::books{1, 1, 0, 0, 0, 1}));
    BOOST_TEST((s.stragglers == std::vector<std::string>{"item 0"}));
  }
  stuck->set();
}

BOOST_AUTO_TEST_CASE(a_job_that_has_failed_in_one_branch_has_failed_though_it_is_stuck_in_the_other_one) {
  const auto stuck = std::make_shared<event>();
  two_branches(1, fails, behind(stuck));
  p.shutdown_budget = 10s;
  {
    flow_run run{on, root, std::move(p)};
    until(run, [&] { return one->count() == 1 && run.look().running == 1; });
    root.cancel("enough");
    const auto s = advance_to_end(clock, run, 100ms);
    BOOST_TEST((s.books == policy::books{1, 1, 0, 0, 1, 0}));
    BOOST_TEST(s.stragglers.size() == 1U);
    BOOST_TEST(s.failures.size() == 1U);
  }
  stuck->set();
}

BOOST_AUTO_TEST_SUITE_END()
