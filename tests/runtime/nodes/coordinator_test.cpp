/// A coordinator by itself, with links that the test makes.

#include <weir/runtime/nodes/coordinator.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "../../support/kept_log.hpp"
#include "../link/link_support.hpp"
#include "hand_messenger.hpp"
#include "message_support.hpp"

using namespace weir;
using namespace weir::nodes;
using namespace weir::test;

namespace {

const task_name square{"square", "1"};

/// Links of a coordinator, to nodes that answer each call at once.
class hand_links {
public:
  hand_links() {
    by_hand_.sent = [this](std::uint64_t link, std::string text) {
      const auto read = value_of(read_message(std::move(text)));
      if (const auto* c = std::get_if<call_message>(&read))
        by_hand_.events.text(link, done_text(c->id, std::vector<end_of_job>(c->jobs.count(), {{}, "done"})));
    };
  }

  messenger_maker maker() { return by_hand_.maker(); }
  void up(std::uint64_t link, const std::string& name, const node_offer& offer) {
    by_hand_.events.up(peer{link, {name, name, link}, to_text(offer)});
  }
  void down(std::uint64_t link) { by_hand_.events.down(link, "it is cut"); }
  void leave(std::uint64_t link) { by_hand_.events.text(link, to_text(leaving_message{"a test"})); }

private:
  hand_messenger by_hand_;
};

struct with_links : with_log {
  hand_links links;
  std::unique_ptr<nodes::coordinator> coordinator =
      value_of(nodes::coordinator::make(links.maker(), "127.0.0.1:0"));

  /// Looks for room for a job that nobody waits for any more; why there is none.
  std::string ask_in_vain(const task_name& task) {
    const auto ctx = context::with_cancel(context::background());
    ctx.cancel("a test");
    const auto room = coordinator->wait_for_room(ctx, task, {});
    BOOST_TEST_REQUIRE(!room);
    return text_of(room.error());
  }

  void do_one(const task_name& task) {
    const auto room = value_of(coordinator->wait_for_room(context::background(), task, {}));
    const auto text = call_text(room.id(), task, {"job"});
    BOOST_TEST(value_of(coordinator->call(context::background(), room, text, 1)).size() == 1u);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(coordinator_of_nodes, with_links)

BOOST_AUTO_TEST_CASE(while_whoever_can_do_a_task_leaves_that_is_said_and_not_that_nobody_can) {
  links.up(1, "one", {{square}, 1, 2});
  links.up(2, "two", {{{"other", "1"}}, 1, 2});
  links.up(3, "three", {{square}, 1, 2});
  for (int i = 0; i < 3; ++i)
    lines->next();  // that they have joined
  links.leave(1);
  do_one(square);
  BOOST_TEST(lines->empty());
  links.leave(3);
  ask_in_vain(square);
  BOOST_TEST(lines->next() ==
             "nodes: whoever can do 'square' in version '1' is leaving (one, three): its jobs wait for "
             "another node");
  // Once.
  ask_in_vain(square);
  BOOST_TEST(lines->empty());
}

BOOST_AUTO_TEST_CASE(where_nobody_can_do_a_task_it_is_said_what_those_have_who_are_there) {
  links.up(1, "one", {{{"other", "1"}}, 1, 2});
  lines->next();
  links.leave(1);
  ask_in_vain(square);
  BOOST_TEST(
      lines->next() ==
      "nodes: no node can do 'square' in version '1'; jobs for it wait for one that can; one has 'other' 1");
}

BOOST_AUTO_TEST_CASE(where_a_node_has_the_task_for_other_types_both_are_said) {
  links.up(1, "one", {{{"square", "1", "f64 -> f64"}}, 1, 2});
  BOOST_TEST(lines->next() == "node one has joined: 1 worker, 'square' 1 (f64 -> f64)");
  BOOST_TEST(ask_in_vain({"square", "1", "f32 -> f32"}) ==
             "a test (caller); no node can do 'square' in version '1' (f32 -> f32)");
  BOOST_TEST(lines->next() ==
             "nodes: no node can do 'square' in version '1' (f32 -> f32); jobs for it wait for one that can; "
             "one has 'square' 1 (f64 -> f64)");
}

BOOST_AUTO_TEST_CASE(that_nobody_can_do_a_task_is_not_said_again_as_others_leave) {
  links.up(1, "one", {{{"other", "1"}}, 1, 2});
  links.up(2, "two", {{square}, 1, 2});
  links.leave(2);
  lines->next();
  lines->next();
  const auto ctx = context::with_cancel(context::background());
  std::thread waits{[&] { BOOST_TEST(!coordinator->wait_for_room(ctx, square, {})); }};
  BOOST_TEST(lines->next().starts_with("nodes: whoever can do 'square'"));
  links.leave(1);
  links.down(1);
  BOOST_TEST(lines->next() == "node one has gone: it is cut");
  links.down(2);
  BOOST_TEST(lines->next() == "node two has gone: it is cut");
  BOOST_TEST(lines->next() == "nodes: no node is there; jobs for 'square' in version '1' wait for one");
  ctx.cancel("a test");
  waits.join();
}

BOOST_AUTO_TEST_CASE(whoever_waits_already_is_told_of_a_node_that_is_of_no_use) {
  const auto ctx = context::with_cancel(context::background());
  std::thread waits{[&] { BOOST_TEST(!coordinator->wait_for_room(ctx, square, {})); }};
  BOOST_TEST(lines->next() == "nodes: no node is there; jobs for 'square' in version '1' wait for one");
  links.up(1, "one", {{{"square", "2"}}, 1, 2});
  BOOST_TEST(lines->next() == "node one has joined: 1 worker, 'square' 2");
  BOOST_TEST(
      lines->next() ==
      "nodes: no node can do 'square' in version '1'; jobs for it wait for one that can; one has 'square' 2");
  ctx.cancel("a test");
  waits.join();
}

BOOST_AUTO_TEST_CASE(who_has_waited_longest_is_first_whatever_for) {
  const task_name first{"zoom", "1"};
  const task_name second{"add", "1"};
  std::vector<std::string> order;  // the node has room for one at a time
  const auto wait = [&](const task_name& task) {
    const auto room = value_of(coordinator->wait_for_room(context::background(), task, {}));
    order.push_back(task.name);
  };
  std::thread one{wait, first};
  BOOST_TEST(lines->next() == "nodes: no node is there; jobs for 'zoom' in version '1' wait for one");
  std::thread two{wait, second};
  BOOST_TEST(lines->next() == "nodes: no node is there; jobs for 'add' in version '1' wait for one");
  links.up(1, "one", {{second, first}, 1, 1});
  one.join();
  two.join();
  BOOST_TEST((order == std::vector<std::string>{"zoom", "add"}));
}

BOOST_AUTO_TEST_CASE(a_wait_for_nodes_is_over_when_so_many_are_there_that_stay) {
  std::thread waits{[&] { BOOST_TEST(!coordinator->wait_for_nodes(2, context::background())); }};
  links.up(1, "one", {{square}, 1, 2});
  links.leave(1);
  links.up(2, "two", {{square}, 1, 2});
  const auto ctx = context::with_cancel(context::background());
  ctx.cancel("a test");
  BOOST_TEST(is(coordinator->wait_for_nodes(2, ctx), ec::canceled));
  BOOST_TEST(!coordinator->wait_for_nodes(1, ctx));
  links.up(3, "three", {{square}, 1, 2});
  waits.join();
}

BOOST_AUTO_TEST_CASE(who_waits_for_a_coordinator_that_is_closed_waits_no_longer) {
  const auto never = context::background();
  std::thread waits{[&] { BOOST_TEST(is(coordinator->wait_for_nodes(1, never), ec::closed)); }};
  coordinator->close();
  waits.join();
  BOOST_TEST(is(coordinator->wait_for_room(never, square, {}).error(), ec::closed));
  coordinator->close();
}

BOOST_AUTO_TEST_CASE(a_job_that_was_canceled_over_there_is_not_done) {
  links.up(1, "one", {{square}, 1, 4});
  do_one(square);
  {
    auto room = value_of(coordinator->wait_for_room(context::background(), square, {.most = 2}));
    const auto text = call_text(room.id(), square, {"job", "job"});
    BOOST_TEST(value_of(coordinator->call(context::background(), room, text, 2)).size() == 1u);
    room.add_not_done();
  }
  BOOST_TEST(coordinator->nodes().front().done == 2u);
}

BOOST_AUTO_TEST_CASE(of_two_processes_of_one_name_the_later_one_has_the_counts_of_both) {
  links.up(1, "one", {{square}, 1, 2});
  do_one(square);
  // It comes again before the end of its first link is known.
  links.up(2, "one", {{square}, 2, 4});
  do_one(square);
  auto seen = coordinator->nodes();
  BOOST_TEST_REQUIRE(seen.size() == 2u);
  BOOST_TEST(seen[0].workers == 1u);
  BOOST_TEST(seen[0].done == 0u);
  BOOST_TEST(seen[1].workers == 2u);
  BOOST_TEST(seen[1].done == 2u);
  links.down(1);
  seen = coordinator->nodes();
  BOOST_TEST_REQUIRE(seen.size() == 1u);
  BOOST_TEST(seen[0].workers == 2u);
  BOOST_TEST(seen[0].done == 2u);
  links.down(2);
  seen = coordinator->nodes();
  BOOST_TEST_REQUIRE(seen.size() == 1u);
  BOOST_TEST(!seen[0].connected);
  BOOST_TEST(seen[0].done == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
