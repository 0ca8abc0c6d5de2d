#include <weir/actors/adaptive_condition.hpp>
#include <weir/actors/adaptive_mutex.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

using weir::adaptive_condition;
using weir::adaptive_mutex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(adaptive_conditions)

namespace {

/// Two threads that take turns: each wait is ended by the other thread, and most are brief.
struct ball_game {
  adaptive_mutex mutex;
  adaptive_condition passed;
  int passes = 0;

  void play(int first, int passes_max) {
    for (std::unique_lock held{mutex}; passes < passes_max;) {
      passed.wait(held, [&] { return passes % 2 == first || passes >= passes_max; });
      if (passes < passes_max)
        ++passes;
      passed.notify_one();
    }
  }
};

/// Has seen a brief wait, so that the next one looks before it sleeps.
struct brief_wait {
  adaptive_mutex mutex;
  adaptive_condition changed;

  brief_wait() {
    // Which of them are brief is the machine's affair; with so many the last one that was tells.
    for (int i = 0; i < 100; ++i) {
      bool over = false;
      std::thread other{[&] {
        const std::lock_guard guard{mutex};
        over = true;
        changed.notify_one();
      }};
      {
        std::unique_lock held{mutex};
        changed.wait(held, [&] { return over; });
      }
      other.join();
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(threads_that_take_turns_wake_each_other) {
  ball_game game;
  std::thread other{[&] { game.play(1, 20'000); }};
  game.play(0, 20'000);
  other.join();
  BOOST_TEST(game.passes == 20'000);
}

BOOST_AUTO_TEST_CASE(all_who_wait_are_told) {
  constexpr int threads = 6;
  adaptive_mutex mutex;
  adaptive_condition changed;
  for (int round = 0; round < 200; ++round) {
    int waiting = 0;
    int awake = 0;
    bool over = false;
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
      all.emplace_back([&] {
        std::unique_lock held{mutex};
        ++waiting;
        changed.notify_all();
        changed.wait(held, [&] { return over; });
        ++awake;
      });
    {
      std::unique_lock held{mutex};
      changed.wait(held, [&] { return waiting == threads; });
      over = true;
      changed.notify_all();
    }
    for (auto& t : all)
      t.join();
    BOOST_REQUIRE(awake == threads);
  }
}

BOOST_AUTO_TEST_CASE(a_wait_with_a_limit_ends_at_it_and_not_before) {
  for (const auto limit : {0us, 10us, 200us, 3000us}) {
    brief_wait seen;
    std::unique_lock held{seen.mutex};
    const auto begun = std::chrono::steady_clock::now();
    BOOST_TEST(!seen.changed.wait_for(held, limit, [] { return false; }));
    BOOST_TEST((std::chrono::steady_clock::now() - begun >= limit));
    BOOST_TEST(held.owns_lock());
  }
}

BOOST_AUTO_TEST_CASE(what_has_come_already_is_not_waited_for) {
  adaptive_mutex mutex;
  adaptive_condition changed;
  std::unique_lock held{mutex};
  BOOST_TEST(changed.wait_for(held, 0us, [] { return true; }));
  changed.wait(held, [] { return true; });
  BOOST_TEST(held.owns_lock());
}

BOOST_AUTO_TEST_SUITE_END()
