/// A coordinator that takes less than its node's workers make: they wait, and nothing piles up.

#include <weir/runtime/engine.hpp>
#include <weir/runtime/nodes/messages.hpp>
#include <weir/runtime/nodes/node.hpp>
#include <weir/runtime/nodes/peers.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "../../support/arrivals.hpp"
#include "../../support/event.hpp"
#include "../link/link_support.hpp"
#include "hand_messenger.hpp"
#include "message_support.hpp"

using namespace weir;
using namespace weir::nodes;
using namespace weir::test;

namespace {

/// A link of a node of which the test says whether it is full.
class hand_link {
public:
  hand_link() {
    by_hand_.sent = [this](std::uint64_t, std::string text) { sent_.add(std::move(text)); };
    by_hand_.is_full = [this] {
      if (full_)
        found_full_.add(1);
      return full_.load();
    };
  }

  messenger_maker maker() { return by_hand_.maker(); }
  void up(std::uint64_t link) { by_hand_.events.up(peer{link, {"coordinator", "coordinator", 1}, ""}); }
  void down(std::uint64_t link) { by_hand_.events.down(link, "it is cut"); }
  void say(std::uint64_t link, std::string text) { by_hand_.events.text(link, std::move(text)); }
  void fill() { full_ = true; }
  void ease() {
    full_ = false;
    by_hand_.events.eased(1);
  }

  done_message done() { return std::get<done_message>(value_of(read_message(sent_.take()))); }
  [[nodiscard]] std::size_t unread() { return sent_.size(); }
  /// Waits until somebody found that it is full.
  void wait_until_found_full() { found_full_.take(); }

private:
  hand_messenger by_hand_;
  std::atomic<bool> full_{false};
  arrivals<std::string> sent_;
  arrivals<int> found_full_;
};

/// With one worker, whose results take a message each.
struct a_node_with_a_link {
  hand_link link;
  std::atomic<int> begun{0};
  engine on;
  std::unique_ptr<nodes::node> lender =
      value_of(nodes::node::make(on,
                                 {.link = options_of("node-1", "coordinator"),
                                  .coordinator = "coordinator:1",
                                  .workers = 1,
                                  .credit = 100},
                                 tasks(), link.maker()));

  a_node_with_a_link() { link.up(1); }

  task_registry tasks() {
    task_registry r;
    r.add<std::string>("long", "1", [this](const std::string&) {
      ++begun;
      return std::string(std::size_t{300} << 10, 'x');
    });
    return r;
  }

  static std::string call(std::uint64_t id, std::size_t jobs) {
    return call_text(id, {"long", "1", shape_of<std::string, std::string>()},
                     std::vector<std::string>(jobs, "job"));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(full_links, a_node_with_a_link)

BOOST_AUTO_TEST_CASE(workers_wait_while_their_link_is_full) {
  link.fill();
  link.say(1, call(1, 10));
  link.wait_until_found_full();
  static_cast<void>(link.done());
  BOOST_TEST(link.unread() == 0u);
  BOOST_TEST(begun <= 2);
  link.ease();
  for (int i = 1; i < 10; ++i)
    BOOST_TEST(link.done().ends.count() == 1u);
  BOOST_TEST(begun == 10);
}

BOOST_AUTO_TEST_CASE(a_link_that_goes_while_it_is_full_lets_them_go_on_with_the_next) {
  link.fill();
  link.say(1, call(1, 10));
  link.wait_until_found_full();
  link.down(1);
  link.up(2);
  static_cast<void>(link.done());
  link.say(2, call(2, 1));
  auto next = link.done();
  while (next.id == 1)
    next = link.done();
  BOOST_TEST(next.id == 2u);
}

BOOST_AUTO_TEST_CASE(a_node_ends_while_its_link_is_full) {
  link.fill();
  link.say(1, call(1, 10));
  link.wait_until_found_full();
  lender = nullptr;
  BOOST_TEST(begun <= 2);
}

BOOST_AUTO_TEST_CASE(what_is_canceled_while_the_link_is_full_is_answered_when_it_is_not) {
  link.fill();
  link.say(1, call(1, 1));
  link.say(1, call(2, 1));
  link.wait_until_found_full();
  BOOST_TEST(link.done().id == 1u);
  link.say(1, to_text(cancel_message{2, {ec::canceled, "who", "why"}}));
  BOOST_TEST(link.unread() == 0u);
  link.ease();
  const auto canceled = link.done();
  BOOST_TEST(canceled.id == 2u);
  BOOST_TEST(is(ends_of(canceled).front().why, ec::canceled));
  BOOST_TEST(begun == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(full_links_between_processes)

BOOST_AUTO_TEST_CASE(one_is_full_by_what_has_not_left_and_says_when_there_is_room) {
  event held;
  event go_on;
  arrivals<std::uint64_t> ups;
  arrivals<std::uint64_t> eased;
  arrivals<std::uint64_t> downs;
  arrivals<int> came;
  int texts = 0;
  const auto admit = [](const link::identity&, const std::string&) -> caf::expected<std::string> {
    return "";
  };
  const auto offers = [] { return std::string{}; };
  const auto acceptor = value_of(
      peers::make(options_of("coordinator", "node-1"), {.admit = admit,
                                                        .offers = offers,
                                                        .up = [&](const peer& p) { ups.add(p.link); },
                                                        .text =
                                                            [&](std::uint64_t, const std::string&) {
                                                              if (++texts % 3'000 == 0)
                                                                came.add(texts);
                                                            },
                                                        .down = [](std::uint64_t, const std::string&) {}}));
  arrivals<std::uint64_t> dialed;
  const auto dialer =
      value_of(peers::make(options_of("node-1", "coordinator"),
                           {.admit = admit,
                            .offers = offers,
                            .up = [&](const peer& p) { dialed.add(p.link); },
                            .text =
                                [&](std::uint64_t, const std::string&) {
                                  held.set();
                                  go_on.wait();
                                },
                            .eased = [&](std::uint64_t n) { eased.add(n); },
                            .down = [&](std::uint64_t n, const std::string&) { downs.add(n); }}));
  BOOST_TEST_REQUIRE(!dialer->dial(loopback(value_of(acceptor->listen(loopback(0))))));
  const auto there = ups.take();
  const auto here = dialed.take();
  // What it counts does not drift, however many there are and however long.
  for (int i = 1; i <= 30'000; ++i) {
    dialer->send(here, std::string(static_cast<std::size_t>(i) % 300, 'x'));
    if (i % 3'000 == 0)
      static_cast<void>(came.take());
  }
  // The dialer's thread is held, so that nothing leaves.
  acceptor->send(there, "hold");
  held.wait();
  constexpr std::size_t text_bytes = 1000;
  constexpr std::size_t frame_bytes = text_bytes + 46;
  const auto expected = static_cast<long>(unsent_bytes_max / frame_bytes + 1);
  long sent = 0;
  while (!dialer->is_full(here) && sent < 2 * expected) {
    dialer->send(here, std::string(text_bytes, 'x'));
    ++sent;
  }
  BOOST_TEST(dialer->is_full(here));
  BOOST_TEST(std::abs(sent - expected) <= 1);
  BOOST_TEST(!acceptor->is_full(there));
  go_on.set();
  BOOST_TEST(eased.take() == here);
  BOOST_TEST(!dialer->is_full(here));
  dialer->end(here, "enough");
  BOOST_TEST(downs.take() == here);
  BOOST_TEST(!dialer->is_full(here));
}

BOOST_AUTO_TEST_SUITE_END()
