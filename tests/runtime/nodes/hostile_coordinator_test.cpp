/// A coordinator that does what it must not: its node holds no more than it offered to, and cuts it off.

#include <weir/runtime/nodes/messages.hpp>
#include <weir/runtime/nodes/node.hpp>
#include <weir/runtime/nodes/peers.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <string>

#include "../../support/arrivals.hpp"
#include "../link/link_support.hpp"
#include "message_support.hpp"

using namespace weir;
using namespace weir::nodes;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t credit = 1000;

/// Speaks with a node as it likes.
class rogue {
public:
  rogue()
      : peers_(value_of(
            peers::make(options_of("coordinator", "*"),
                        {.admit = [](const link::identity&,
                                     const std::string&) -> caf::expected<std::string> { return ""; },
                         .offers = [] { return std::string{}; },
                         .up = [this](const peer& p) { ups_.add(p.link); },
                         .text = [this](std::uint64_t, std::string text) { texts_.add(std::move(text)); },
                         .down = [this](std::uint64_t n, const std::string&) { downs_.add(n); }}))),
        port(value_of(peers_->listen(loopback(0)))) {}

  std::uint64_t up() { return ups_.take(); }
  std::uint64_t down() { return downs_.take(); }
  done_message done() { return std::get<done_message>(value_of(read_message(texts_.take()))); }

  void send(std::uint64_t to, const std::string& text) { peers_->send(to, text); }

private:
  arrivals<std::uint64_t> ups_;
  arrivals<std::uint64_t> downs_;
  arrivals<std::string> texts_;
  std::unique_ptr<peers> peers_;

public:
  const std::uint16_t port;
};

/// With a task that runs until it is canceled, or at once.
struct a_node_and_a_rogue {
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  rogue coordinator;
  engine on;
  std::unique_ptr<nodes::node> lender =
      value_of(nodes::node::make(on,
                                 {.link = options_of("node-1", "coordinator"),
                                  .coordinator = loopback(coordinator.port),
                                  .workers = 2,
                                  .credit = credit},
                                 tasks()));

  task_registry tasks() {
    task_registry r;
    r.add<std::string>("hold", "1",
                       [this](const context& ctx, const std::string& text) -> caf::expected<std::string> {
                         most = std::max<int>(most, ++running);
                         static_cast<void>(ctx.wait_for(text == "short" ? 0ms : 1h));
                         --running;
                         if (ctx.canceled())
                           return ctx.error();
                         return text;
                       });
    return r;
  }

  static std::string call(std::uint64_t id, const std::vector<std::string>& jobs) {
    return call_text(id, {"hold", "1", shape_of<std::string, std::string>()}, jobs);
  }

  /// That this was too much; the node comes again, and works.
  void check_cut_off(std::uint64_t link) {
    BOOST_TEST(coordinator.down() == link);
    const auto again = coordinator.up();
    coordinator.send(again, call(1, {"short"}));
    BOOST_TEST(ends_of(coordinator.done()).front().result == "short");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hostile_coordinators, a_node_and_a_rogue)

BOOST_AUTO_TEST_CASE(a_node_that_is_sent_more_jobs_than_its_credit_cuts_the_coordinator_off) {
  const auto link = coordinator.up();
  coordinator.send(link, call(1, std::vector<std::string>(credit - 1, "long")));
  coordinator.send(link, call(2, {"long", "long"}));
  check_cut_off(link);
  BOOST_TEST(most <= 2);
}

BOOST_AUTO_TEST_CASE(more_calls_than_keep_it_busy_cut_it_off) {
  const auto link = coordinator.up();
  for (std::uint64_t id = 1; id <= 5; ++id)
    coordinator.send(link, call(id, {"long"}));
  check_cut_off(link);
  BOOST_TEST(most <= 2);
}

BOOST_AUTO_TEST_CASE(what_waits_ends_at_once_when_it_is_canceled_and_what_runs_with_its_job) {
  const auto link = coordinator.up();
  coordinator.send(link, call(1, {"long"}));
  coordinator.send(link, call(2, {"long"}));
  coordinator.send(link, call(3, {"long"}));
  coordinator.send(link, to_text(cancel_message{3, {ec::canceled, "who", "why"}}));
  const auto waited = coordinator.done();
  BOOST_TEST(waited.id == 3u);
  BOOST_TEST(is(ends_of(waited).front().why, ec::canceled));
  coordinator.send(link, to_text(cancel_message{1, {ec::canceled, "who", "why"}}));
  BOOST_TEST(coordinator.done().id == 1u);
}

BOOST_AUTO_TEST_CASE(calls_that_are_canceled_while_they_wait_take_no_room) {
  const auto link = coordinator.up();
  coordinator.send(link, call(1, {"long"}));
  coordinator.send(link, call(2, {"long"}));
  for (std::uint64_t id = 3; id < 3 + 2 * credit; ++id) {
    coordinator.send(link, call(id, {"long"}));
    coordinator.send(link, to_text(cancel_message{id, {ec::canceled, "who", "why"}}));
    BOOST_TEST_REQUIRE(coordinator.done().id == id);
  }
  coordinator.send(link, to_text(cancel_message{1, {ec::canceled, "who", "why"}}));
  BOOST_TEST(coordinator.done().id == 1u);
  coordinator.send(link, call(3 + 2 * credit, {"short"}));
  BOOST_TEST(ends_of(coordinator.done()).front().result == "short");
}

BOOST_AUTO_TEST_CASE(a_leaving_that_was_not_asked_for_cuts_it_off) {
  const auto link = coordinator.up();
  coordinator.send(link, to_text(leaving_message{"go"}));
  check_cut_off(link);
}

BOOST_AUTO_TEST_CASE(one_call_may_not_have_more_jobs_than_the_credit_either) {
  const auto link = coordinator.up();
  coordinator.send(link, call(1, std::vector<std::string>(credit, "short")));
  BOOST_TEST(coordinator.done().ends.count() == credit);
  coordinator.send(link, call(2, std::vector<std::string>(credit + 1, "short")));
  check_cut_off(link);
}

BOOST_AUTO_TEST_CASE(a_task_that_was_not_offered_cuts_it_off) {
  const auto link = coordinator.up();
  coordinator.send(link, call_text(1, {"hold", "2"}, {"x"}));
  check_cut_off(link);
}

BOOST_AUTO_TEST_CASE(a_call_that_comes_twice_cuts_it_off) {
  const auto link = coordinator.up();
  coordinator.send(link, call(1, {"long"}));
  coordinator.send(link, call(1, {"long"}));
  check_cut_off(link);
}

BOOST_AUTO_TEST_CASE(what_is_no_message_cuts_it_off) {
  for (const auto& text : {std::string{"\x09"}, std::string(100, '\xff'), done_text(1, {{{}, "r"}}),
                           call(1, {"short"}) + "x", call(1, {"long", "short"}).substr(0, 40)}) {
    const auto link = coordinator.up();
    coordinator.send(link, text);
    BOOST_TEST(coordinator.down() == link);
  }
}

BOOST_AUTO_TEST_CASE(a_cancel_of_what_it_does_not_have_does_nothing) {
  const auto link = coordinator.up();
  coordinator.send(link, to_text(cancel_message{77, {ec::canceled, "who", "why"}}));
  coordinator.send(link, call(1, {"short"}));
  BOOST_TEST(coordinator.done().id == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
