/// A node that does what it must not: the coordinator gives it up, and its jobs are done elsewhere.

#include <weir/runtime/nodes/call.hpp>
#include <weir/runtime/nodes/coordinator.hpp>
#include <weir/runtime/nodes/node.hpp>
#include <weir/runtime/nodes/peers.hpp>
#include <weir/runtime/nodes/remote.hpp>
#include <weir/runtime/pool.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <thread>
#include <vector>

#include "../../support/arrivals.hpp"
#include "../link/link_support.hpp"
#include "message_support.hpp"

using namespace weir;
using namespace weir::nodes;
using namespace weir::test;

namespace {

const task_name twice{"twice", "1", shape_of<std::string, std::string>()};

/// Answers as it likes.
class rogue {
public:
  explicit rogue(std::uint16_t port)
      : peers_(value_of(
            peers::make(options_of("rogue", "coordinator"),
                        {.admit = [](const link::identity&,
                                     const std::string&) -> caf::expected<std::string> { return ""; },
                         .offers =
                             [] {
                               return to_text(node_offer{{twice}, 1, 4, 0});
                             },
                         .up = [this](const peer& p) { ups_.add(p.link); },
                         .text = [this](std::uint64_t, std::string text) { texts_.add(std::move(text)); },
                         .down = [this](std::uint64_t, const std::string& why) { downs_.add(why); }}))) {
    BOOST_TEST_REQUIRE(!peers_->dial(loopback(port)));
    link_ = ups_.take();
    peers_->stop_dialing();
  }

  call_message call() { return std::get<call_message>(value_of(read_message(texts_.take()))); }
  void send(const std::string& text) { peers_->send(link_, text); }
  std::string down() { return downs_.take(); }

private:
  arrivals<std::uint64_t> ups_;
  arrivals<std::string> texts_;
  arrivals<std::string> downs_;
  std::uint64_t link_ = 0;
  std::unique_ptr<peers> peers_;
};

/// A job that was given to a rogue, and an honest node that comes afterwards.
struct a_coordinator_and_a_rogue {
  engine on;
  std::unique_ptr<nodes::coordinator> coordinator =
      value_of(nodes::coordinator::make(options_of("coordinator", "*"), loopback(0)));
  rogue bad{coordinator->port()};
  pool<std::string, std::string> jobs{
      on, remote<std::string, std::string>(*coordinator, twice), {.parallelism = 2, .capacity = 10}};
  ticket<std::string> done = std::move(*jobs.try_submit("ab"));
  call_message given = bad.call();

  /// The rogue does not come again.
  void check_done_elsewhere() {
    task_registry r;
    r.add<std::string>("twice", "1", [](const std::string& text) { return text + text; });
    const auto honest = value_of(nodes::node::make(
        on, {.link = options_of("honest", "coordinator"), .coordinator = loopback(coordinator->port())},
        std::move(r)));
    BOOST_TEST(value_of(done.get().result) == "abab");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hostile_nodes, a_coordinator_and_a_rogue)

BOOST_AUTO_TEST_CASE(one_whose_outcomes_cant_be_read_is_given_up) {
  auto text = done_text(given.id, {{{}, "abab"}});
  text.back() = 'x';
  text[text.size() - 5] = '\x7f';
  bad.send(text);
  BOOST_TEST(!bad.down().empty());
  check_done_elsewhere();
}

BOOST_AUTO_TEST_CASE(one_that_answers_for_more_jobs_than_it_has_is_given_up) {
  bad.send(done_text(given.id, {{{}, "abab"}, {{}, "abab"}}));
  BOOST_TEST(!bad.down().empty());
  check_done_elsewhere();
}

BOOST_AUTO_TEST_CASE(an_answer_to_a_call_that_nobody_made_is_dropped) {
  bad.send(done_text(given.id + 1, {{{}, "abab"}}));
  bad.send(done_text(given.id, {{{}, "abab"}}));
  BOOST_TEST(value_of(done.get().result) == "abab");
}

BOOST_AUTO_TEST_CASE(a_call_is_answered_in_parts) {
  bad.send(done_text(given.id, {{{}, "abab"}}));
  static_cast<void>(done.get());
  const auto all = [this] {
    caf::expected<call> c = call::begin(*coordinator, context::background(), twice, {}, {.most = 2});
    BOOST_TEST_REQUIRE(static_cast<bool>(c));
    for (int i = 0; i < 2; ++i)
      BOOST_TEST(c->add([](std::string& out) { out += "x"; }));
    std::thread answers{[this] {
      const auto id = bad.call().id;
      bad.send(done_text(id, {{{}, "first"}}, std::chrono::nanoseconds{1}));
      bad.send(done_text(id, {{make_error(ec::failed, "second"), {}}}, std::chrono::nanoseconds{1}));
    }};
    c->run();
    answers.join();
    std::vector<std::string> seen;
    for (int i = 0; i < 2; ++i) {
      caf::error why;
      const auto result = c->next(why);
      seen.push_back(result ? std::string{*result} : text_of(why));
    }
    return seen;
  }();
  BOOST_TEST((all == std::vector<std::string>{"first", "second (node rogue)"}));
}

BOOST_AUTO_TEST_SUITE_END()
