#include <weir/actors/adaptive_mutex.hpp>

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

using weir::adaptive_mutex;

BOOST_AUTO_TEST_SUITE(adaptive_mutexes)

BOOST_AUTO_TEST_CASE(one_thread_at_a_time_holds_it) {
  constexpr int threads = 4;
  constexpr int rounds = 50'000;
  adaptive_mutex mutex;
  std::uint64_t count = 0;  // not atomic: the mutex is what keeps it right
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&] {
      for (int i = 0; i < rounds; ++i) {
        std::lock_guard guard{mutex};
        ++count;
      }
    });
  for (auto& t : all)
    t.join();
  BOOST_TEST(count == std::uint64_t{threads} * rounds);
}

BOOST_AUTO_TEST_CASE(held_it_can_not_be_taken_and_free_it_can) {
  adaptive_mutex mutex;
  BOOST_TEST(mutex.try_lock());
  std::thread{[&] { BOOST_TEST(!mutex.try_lock()); }}.join();
  mutex.unlock();
  BOOST_TEST(mutex.try_lock());
  mutex.unlock();
}

BOOST_AUTO_TEST_CASE(all_who_sleep_get_it_in_the_end) {
  constexpr int threads = 8;
  adaptive_mutex mutex;
  int arrived = 0;
  std::condition_variable_any changed;
  std::vector<std::thread> all;
  std::unique_lock held{mutex};
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&] {
      std::lock_guard guard{mutex};
      ++arrived;
      changed.notify_one();
    });
  changed.wait(held, [&] { return arrived == threads; });
  held.unlock();
  for (auto& t : all)
    t.join();
  BOOST_TEST(arrived == threads);
}

BOOST_AUTO_TEST_SUITE_END()
