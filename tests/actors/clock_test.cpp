#include <weir/actors/clock.hpp>

#include <boost/test/unit_test.hpp>

#include "crew.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(a_manual_clock)

BOOST_AUTO_TEST_CASE(stands_still_until_it_is_advanced) {
  manual_clock time;
  const auto start = time.now();
  BOOST_TEST((time.now() == start));
  time.advance(3s);
  BOOST_TEST((time.now() == start + 3s));
}

BOOST_AUTO_TEST_CASE(makes_calls_in_order_of_their_instants_at_their_instants) {
  manual_clock time;
  const auto start = time.now();
  std::vector<int> order;
  const auto b = time.at(start + 2s, [&] {
    order.push_back(2);
    BOOST_TEST((time.now() == start + 2s));
  });
  const auto a = time.at(start + 1s, [&] { order.push_back(1); });
  const auto c = time.at(start + 2s, [&] { order.push_back(3); });
  time.advance(2s - 1ns);
  BOOST_TEST(order == (std::vector<int>{1}), boost::test_tools::per_element());
  time.advance(1ns);
  BOOST_TEST(order == (std::vector<int>{1, 2, 3}), boost::test_tools::per_element());
  time.advance(1h);
  BOOST_TEST(order.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_dropped_timer_makes_no_call) {
  manual_clock time;
  auto calls = 0;
  auto t = time.at(time.now() + 1s, [&] { ++calls; });
  t.reset();
  time.advance(2s);
  BOOST_TEST(calls == 0);
}

BOOST_AUTO_TEST_CASE(a_call_may_set_and_drop_timers_its_own_included) {
  manual_clock time;
  auto calls = 0;
  timer own;
  timer next;
  own = time.at(time.now() + 1s, [&] {
    ++calls;
    own.reset();
    next = time.at(time.now() + 1s, [&] { ++calls; });
  });
  time.advance(5s);
  BOOST_TEST(calls == 2);
}

BOOST_AUTO_TEST_CASE(what_a_call_holds_may_have_timers_of_the_same_clock) {
  manual_clock time;
  for (const auto fires : {true, false}) {
    auto other = std::make_shared<timer>(time.at(time.now() + 1h, [] {}));
    auto t = time.at(time.now() + 1s, [held = std::move(other)] {});
    if (fires)
      time.advance(2s);
  }
  BOOST_TEST(true);
}

BOOST_AUTO_TEST_CASE(a_timer_may_outlive_its_clock) {
  timer t;
  {
    manual_clock time;
    t = time.at(time.now() + 1s, [] {});
  }
  t.reset();
  BOOST_TEST(true);
}

BOOST_AUTO_TEST_CASE(dropping_a_timer_waits_for_the_call_that_another_thread_makes) {
  manual_clock time;
  event started;
  event release;
  std::atomic<bool> over{false};
  auto t = time.at(time.now() + 1s, [&] {
    started.set();
    release.wait();
    over = true;
  });
  std::thread advancer{[&] { time.advance(1s); }};
  started.wait();
  std::thread releaser{[&] { release.set(); }};
  t.reset();
  BOOST_TEST(over);
  advancer.join();
  releaser.join();
}

BOOST_AUTO_TEST_CASE(two_threads_may_advance_it_and_it_never_goes_back) {
  manual_clock time;
  const auto begun = time.now();
  event started;
  event release;
  const auto t = time.at(begun + 1s, [&] {
    started.set();
    release.wait();
  });
  std::thread advancer{[&] { time.advance(1s); }};
  started.wait();
  time.advance(5ms);
  BOOST_TEST((time.now() == begun + 1s + 5ms));
  release.set();
  advancer.join();
  BOOST_TEST((time.now() == begun + 1s + 5ms));
}

BOOST_AUTO_TEST_CASE(dropping_a_timer_waits_for_its_call_though_a_third_thread_has_made_another_one) {
  manual_clock time;
  event started;
  event release;
  std::atomic<bool> over{false};
  std::atomic<int> others{0};
  auto t = time.at(time.now() + 1s, [&] {
    started.set();
    release.wait();
    over = true;
  });
  const auto other = time.at(time.now() + 2s, [&] { ++others; });
  std::thread advancer{[&] { time.advance(1s); }};
  started.wait();
  time.advance(1s);
  BOOST_TEST(others == 1);
  std::thread releaser{[&] { release.set(); }};
  t.reset();
  BOOST_TEST(over);
  advancer.join();
  releaser.join();
}

BOOST_AUTO_TEST_CASE(taking_a_timer_back_revokes_a_call_and_waits_for_none) {
  manual_clock time;
  auto calls = 0;
  auto never = time.at(time.now() + 1s, [&] { ++calls; });
  never.take_back();
  event started;
  event release;
  auto t = time.at(time.now() + 1s, [&] {
    started.set();
    release.wait();
    ++calls;
  });
  std::thread advancer{[&] { time.advance(1s); }};
  started.wait();
  t.take_back();
  release.set();
  advancer.join();
  BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_steady_clock)

BOOST_AUTO_TEST_CASE(makes_a_call_that_is_due_on_another_thread) {
  for (auto* time : {&steady_clock(), &control_clock()}) {
    event called;
    std::thread::id caller;
    const auto t = time->at(time->now(), [&] {
      caller = std::this_thread::get_id();
      called.set();
    });
    called.wait();
    BOOST_TEST((caller != std::this_thread::get_id()));
  }
}

BOOST_AUTO_TEST_CASE(an_earlier_timer_that_is_set_later_comes_first) {
  auto& time = steady_clock();
  event called;
  const auto late = time.at(time.now() + 1h, [] {});
  const auto early = time.at(time.now() + 1ms, [&] { called.set(); });
  called.wait();
  BOOST_TEST(true);
}

BOOST_AUTO_TEST_CASE(the_control_clock_goes_on_while_a_call_of_the_steady_one_hangs) {
  event hangs;
  event release;
  const auto stuck = steady_clock().at(steady_clock().now(), [&] {
    hangs.set();
    release.wait();
  });
  hangs.wait();
  event called;
  const auto t = control_clock().at(control_clock().now(), [&] { called.set(); });
  called.wait();
  release.set();
  BOOST_TEST(true);
}

BOOST_AUTO_TEST_SUITE_END()
