#include <weir/runtime/pipeline.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "../support/event.hpp"
#include "embedding_support.hpp"

using namespace weir;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

/// A pipeline of numbers in batches of three or a second, in virtual time, on a thread of its own. Before its
/// source gives the number `i` it does what `before[i]` says; so the numbers before have been added.
struct with_batches : with_engine {
  static constexpr int count = 7;

  manual_clock time;
  std::map<int, std::function<void()>> before;
  std::vector<std::vector<int>> batches;

  pipeline_summary run(
      std::function<void(const std::vector<int>&)> store = [](const auto&) {}, std::size_t capacity = 4,
      const context& within = context::background()) {
    const auto numbers = std::views::iota(0, count) | std::views::transform([&](int i) {
                           if (const auto at = before.find(i); at != before.end())
                             at->second();
                           return i;
                         });
    const auto all = &within.time() == &time ? within : context::background(time);
    return (from(numbers) | batch(3, 1s) |
            stage(
                [&](std::vector<int> v) {
                  store(v);
                  return v;
                },
                {.parallelism = 1, .capacity = capacity}) |
            into([&](std::vector<int> v) { batches.push_back(std::move(v)); }))
        .run(on, all);
  }
};

using lists = std::vector<std::vector<int>>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(batches_by_time, with_batches)

BOOST_AUTO_TEST_CASE(while_time_stands_still_they_have_their_size) {
  BOOST_TEST(run().clean());
  BOOST_TEST((batches == lists{{0, 1, 2}, {3, 4, 5}, {6}}));
}

BOOST_AUTO_TEST_CASE(one_that_is_not_full_is_passed_on_exactly_when_its_first_value_has_waited_for_the_time) {
  before[1] = [&] { time.advance(600ms); };
  before[2] = [&] { time.advance(400ms); };  // {0, 1} is due
  before[3] = [&] { time.advance(1s - 1ns); };
  BOOST_TEST(run().clean());
  // The second one was a nanosecond short of its time when its last value came.
  BOOST_TEST((batches == lists{{0, 1}, {2, 3, 4}, {5, 6}}));
}

BOOST_AUTO_TEST_CASE(a_value_that_comes_after_one_was_passed_on_for_its_size_has_the_whole_time) {
  before[2] = [&] { time.advance(900ms); };
  before[4] = [&] { time.advance(100ms); };  // would be the time of {0, 1, 2}
  before[5] = [&] { time.advance(900ms); };  // that of {3, 4}
  BOOST_TEST(run().clean());
  BOOST_TEST((batches == lists{{0, 1, 2}, {3, 4}, {5, 6}}));
}

BOOST_AUTO_TEST_CASE(the_clock_does_not_wait_while_the_next_stage_is_full) {
  gate shut;
  std::jthread ticks{[&] {
    // {0, 1, 2} is in the stage, which has one slot; time goes on by itself all the same.
    shut.wait_for_arrivals(1);
    time.advance(1h);
    shut.open();
  }};
  BOOST_TEST(run([&](const auto&) { shut.wait(); }, 1).clean());
  std::vector<int> flat;
  for (const auto& b : batches)
    flat.insert(flat.end(), b.begin(), b.end());
  BOOST_TEST((flat == std::vector<int>{0, 1, 2, 3, 4, 5, 6}));
}

BOOST_AUTO_TEST_CASE(while_the_next_stage_is_full_one_batch_gathers_and_no_more) {
  std::atomic<int> given{0};
  int taken = 0;
  int ahead = 0;
  const auto counted = std::views::iota(0, 6000) | std::views::transform([&](int i) {
                         ++given;
                         return i;
                       });
  const auto s = (from(counted) | batch(3, 1s) |
                  stage([](std::vector<int> v) { return v; }, {.parallelism = 1, .capacity = 1}) |
                  into([&](const std::vector<int>& v) {
                    std::this_thread::yield();
                    ahead = std::max(ahead, given - taken);
                    taken += static_cast<int>(v.size());
                  })).run(on, context::background(time));
  BOOST_TEST(s.clean());
  // One batch is in the stage, and one before it.
  BOOST_TEST(ahead <= 3 + 3);
}

BOOST_AUTO_TEST_CASE(the_clock_does_not_wait_for_the_turn_of_a_stage_with_a_rate) {
  // Whoever waited for the turn on the clock's thread would wait for what only that thread can tell.
  std::vector<std::vector<int>> stored;
  test::event two_stored;
  const auto numbers = std::views::iota(0, 4) | std::views::transform([&](int i) {
                         // {0} and {1} are due; the turn of {1} comes ten seconds after that of {0}.
                         if (i == 1 || i == 2)
                           time.advance(1s);
                         if (i == 3)
                           time.advance(9s + 10ms);
                         return i;
                       });
  std::atomic<bool> over{false};
  std::jthread ticks{[&] {
    // The end of the source passes {3} on, and may wait for its turn.
    two_stored.wait();
    while (!over) {
      time.advance(1s);
      std::this_thread::yield();
    }
  }};
  const auto s = (from(numbers) | batch(3, 1s) |
                  stage([](std::vector<int> v) { return v; },
                        {.parallelism = 1, .capacity = 4, .rate = {.per_second = 0.1, .burst = 1}}) |
                  into([&](std::vector<int> v) {
                    stored.push_back(std::move(v));
                    if (stored.size() == 2)
                      two_stored.set();
                  })).run(on, context::background(time));
  over = true;
  BOOST_TEST(s.clean());
  BOOST_TEST((stored == lists{{0}, {1, 2}, {3}}));
}

BOOST_AUTO_TEST_CASE(order_is_kept_however_time_goes) {
  std::vector<int> flat;
  std::atomic<bool> over{false};
  std::jthread ticks{[&] {
    while (!over) {
      time.advance(1us);
      std::this_thread::yield();
    }
  }};
  const auto s = (from(std::views::iota(0, 20'000)) | batch(7, 3us) |
                  stage([](std::vector<int> v) { return v; }, {.parallelism = 2, .capacity = 4}) |
                  into([&](const std::vector<int>& v) {
                    BOOST_REQUIRE(v.size() <= 7u);
                    flat.insert(flat.end(), v.begin(), v.end());
                  })).run(on, context::background(time));
  over = true;
  BOOST_TEST(s.clean());
  BOOST_REQUIRE(flat.size() == 20'000u);
  BOOST_TEST(std::ranges::is_sorted(flat));
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_the_run_and_leaves_no_call_with_the_clock) {
  const auto all = context::with_cancel(context::background(time));
  gate shut;
  std::jthread cancels{[&] {
    shut.wait_for_arrivals(1);
    all.cancel("enough");
    shut.open();
  }};
  const auto s = run([&](const auto&) { shut.wait(); }, 1, all);
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST(s.ended_by->why == "enough");
  // What the clock still had to do would be done on what is gone.
  time.advance(1h);
}

BOOST_AUTO_TEST_CASE(a_size_or_a_time_of_nothing_is_refused) {
  BOOST_CHECK_THROW((void)batch(0, 1s), std::invalid_argument);
  BOOST_CHECK_THROW((void)batch(3, 0s), std::invalid_argument);
  BOOST_CHECK_NO_THROW((void)batch(1, 1ns));
}

BOOST_AUTO_TEST_SUITE_END()
