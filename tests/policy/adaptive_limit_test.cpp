#include <weir/actors/policy/adaptive_limit.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <queue>
#include <vector>

using namespace weir::policy;
using namespace std::chrono_literals;

namespace {

using duration = adaptive_limit::duration;

/// What is behind the calls: works on `slots` at a time, `each` long; the others wait in order. There are
/// always callers enough.
class server {
public:
  explicit server(const adaptive_rule& rule) : limit_(rule) {}

  std::uint64_t slots = 8;
  duration each = 10ms;
  std::uint64_t callers = 1'000;

  /// Goes on for `span`; returns how many calls ended in it.
  std::uint64_t run(duration span) {
    const auto until = now_ + span;
    std::uint64_t ended = 0;
    for (fill(); !working_.empty() && working_.top().first <= until; fill()) {
      const auto [end, begun] = working_.top();
      working_.pop();
      now_ = end;
      (void)limit_.observe(now_ - begun, running() + 1);
      ++ended;
      serve();
    }
    now_ = until;
    return ended;
  }

  [[nodiscard]] std::uint64_t limit() const { return limit_.limit(); }

private:
  using call = std::pair<duration, duration>;  // its end, its begin

  [[nodiscard]] std::uint64_t running() const { return working_.size() + waiting_.size(); }

  void fill() {
    while (running() < std::min(limit_.limit(), callers))
      waiting_.push_back(now_), serve();
  }

  void serve() {
    while (!waiting_.empty() && working_.size() < slots) {
      working_.emplace(now_ + each, waiting_.front());
      waiting_.pop_front();
    }
  }

  adaptive_limit limit_;
  duration now_{};
  std::deque<duration> waiting_;
  std::priority_queue<call, std::vector<call>, std::greater<>> working_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(adaptive_limits)

BOOST_AUTO_TEST_CASE(the_limit_finds_what_is_behind_the_calls_and_keeps_it_busy) {
  for (const std::uint64_t slots : {1u, 8u, 100u}) {
    server s{{}};
    s.slots = slots;
    s.run(20s);
    const auto ended = s.run(10s);
    BOOST_TEST(ended >= 1'000 * slots * 95 / 100, slots << " slots: " << ended);
    BOOST_TEST(s.limit() <= slots + 40, slots << " slots: limit " << s.limit());
  }
}

BOOST_AUTO_TEST_CASE(it_follows_from_8_to_2_and_is_back_at_80_percent_within_a_second) {
  server s{{}};
  s.run(10s);
  s.slots = 2;
  s.run(10s);
  BOOST_TEST(s.limit() <= 8u);
  BOOST_TEST(s.run(5s) >= 5 * 200 * 95 / 100);
  s.slots = 8;
  s.run(1s);
  const auto ended = s.run(1s);
  BOOST_TEST(ended >= 800 * 80 / 100, "ended " << ended << ", limit " << s.limit());
}

BOOST_AUTO_TEST_CASE(calls_that_become_longer_for_good_do_not_hold_it_down) {
  server s{{}};
  s.run(10s);
  s.each = 50ms;
  s.run(30s);
  BOOST_TEST(s.run(10s) >= 10 * 160 * 90 / 100, "limit " << s.limit());
}

BOOST_AUTO_TEST_CASE(it_does_not_creep_up_while_something_always_waits) {
  server s{{}};
  s.run(600s);
  BOOST_TEST(s.limit() <= 20u);
}

BOOST_AUTO_TEST_CASE(a_limit_that_nobody_comes_near_to_stays) {
  server s{{.initial = 100}};
  s.callers = 4;
  s.run(60s);
  // A quarter while the queue is being drained.
  BOOST_TEST((s.limit() == 100u || s.limit() == 25u));
}

BOOST_AUTO_TEST_CASE(it_stays_within_its_bounds) {
  server s{{.min = 3, .max = 5, .initial = 100}};
  BOOST_TEST(s.limit() == 5u);
  s.slots = 100;
  s.run(10s);
  BOOST_TEST(s.limit() == 5u);
  s.slots = 1;
  for (int i = 0; i < 100; ++i) {
    s.run(100ms);
    BOOST_TEST(s.limit() >= 3u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
