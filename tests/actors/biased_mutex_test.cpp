#include <weir/actors/biased_mutex.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "refuse_membarrier.hpp"

using weir::biased_mutex;

BOOST_AUTO_TEST_SUITE(biased_mutexes)

namespace {

/// Not atomic: the mutex is what keeps it right.
struct guarded_count {
  biased_mutex mutex;
  std::uint64_t count = 0;

  guarded_count() = default;
  /// Biased after so many turns, each time.
  explicit guarded_count(std::uint32_t turns) : mutex(turns, turns) {}

  void add(std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
      const std::lock_guard guard{mutex};
      const auto before = count;
      std::atomic_signal_fence(std::memory_order_seq_cst);
      weir::sync::breathe();
      count = before + 1;
    }
  }
};

/// Takes the lock again and again until it is told to end.
class favoured_thread {
public:
  explicit favoured_thread(guarded_count& of)
      : thread_([this, &of] {
          for (; !over_; ++turns_)
            of.add(1);
        }) {}
  ~favoured_thread() { end(); }
  favoured_thread(const favoured_thread&) = delete;
  favoured_thread& operator=(const favoured_thread&) = delete;

  /// How often it took it.
  std::uint64_t end() {
    over_ = true;
    if (thread_.joinable())
      thread_.join();
    return turns_;
  }

private:
  std::atomic<bool> over_{false};
  std::uint64_t turns_ = 0;
  std::thread thread_;
};

/// Without it there is no bias.
boost::test_tools::assertion_result kernel_has_the_fence(boost::unit_test::test_unit_id) {
  return weir::has_asymmetric_fence();
}

auto where_biased() {
  return boost::unit_test::precondition(kernel_has_the_fence);
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_is_biased_after_enough_turns_in_a_row_until_another_thread_comes, *where_biased()) {
  guarded_count all;
  all.add(biased_mutex::turns_least - 1);
  BOOST_TEST(!all.mutex.is_biased());
  all.add(1);
  BOOST_TEST(all.mutex.is_biased());
  all.add(1'000);
  std::thread{[&] { all.add(1); }}.join();
  BOOST_TEST(!all.mutex.is_biased());
  BOOST_TEST(all.count == biased_mutex::turns_least + 1'001);
}

BOOST_AUTO_TEST_CASE(one_thread_at_a_time_holds_it_however_often_its_bias_is_taken_away, *where_biased()) {
  constexpr std::uint64_t visits = 20'000;
  guarded_count all{1};
  favoured_thread favoured{all};
  std::uint64_t taken_away = 0;
  for (std::uint64_t i = 0; i < visits; ++i) {
    for (int looks = 0; looks < 1'000 && !all.mutex.is_biased(); ++looks)
      std::this_thread::yield();
    taken_away += all.mutex.is_biased() ? 1 : 0;
    all.add(1);
  }
  BOOST_TEST(all.count == favoured.end() + visits);
  BOOST_TEST(taken_away > visits / 2);
}

BOOST_AUTO_TEST_CASE(one_thread_at_a_time_holds_it_where_many_want_it) {
  constexpr std::uint64_t threads = 4;
  constexpr std::uint64_t rounds = 50'000;
  guarded_count all{2};
  std::vector<std::thread> crew;
  for (std::uint64_t t = 0; t < threads; ++t)
    crew.emplace_back([&] { all.add(rounds); });
  for (auto& t : crew)
    t.join();
  BOOST_TEST(all.count == threads * rounds);
}

BOOST_AUTO_TEST_CASE(a_thread_may_hold_two_that_are_biased_towards_it) {
  guarded_count outer{1};
  guarded_count inner{1};
  outer.add(2);
  inner.add(2);
  outer.mutex.lock();
  inner.add(1'000);
  std::atomic<bool> got_inner{false};
  std::uint64_t seen = 0;
  std::thread other{[&] {
    inner.add(1);
    got_inner = true;
    const std::lock_guard guard{outer.mutex};
    seen = outer.count;
  }};
  while (!got_inner)
    std::this_thread::yield();
  for (int i = 0; i < 1'000; ++i) {
    ++outer.count;
    std::this_thread::yield();
  }
  outer.mutex.unlock();
  other.join();
  BOOST_TEST(seen == 1'002u);
  BOOST_TEST(inner.count == 1'003u);
}

BOOST_AUTO_TEST_CASE(the_bias_of_a_thread_that_has_ended_passes_to_nobody_who_is_not_alone_inside,
                     *where_biased()) {
  guarded_count first{1};
  guarded_count second{1};
  for (std::uint64_t i = 1; i <= 200; ++i) {
    // The one that comes next says who it is by what the one before has left.
    std::thread{[&] { first.add(3); }}.join();
    BOOST_TEST_REQUIRE(first.mutex.is_biased());
    std::thread heir{[&] {
      second.add(3);
      first.add(1'000);
    }};
    first.add(1'000);
    heir.join();
    BOOST_TEST_REQUIRE(first.count == i * 2'003);
  }
}

BOOST_AUTO_TEST_CASE(a_bias_goes_too_where_the_kernel_refuses_the_fence_by_then_and_does_not_come_again,
                     *where_biased()) {
  guarded_count all{1};
  favoured_thread favoured{all};
  auto refused = false;
  std::thread visitor{[&] {
    refused = weir::test::refuse_membarrier();
    while (!all.mutex.is_biased())
      std::this_thread::yield();
    all.add(1);
    for (int i = 0; i < 100; ++i)
      std::this_thread::yield();
  }};
  visitor.join();
  const auto own = favoured.end();
  BOOST_REQUIRE(refused);
  BOOST_TEST(all.count == own + 1);
  BOOST_TEST(!all.mutex.is_biased());
}

BOOST_AUTO_TEST_CASE(who_waits_at_a_condition_leaves_it_open_for_others, *where_biased()) {
  guarded_count all;
  all.add(biased_mutex::turns_least);
  BOOST_TEST(all.mutex.is_biased());
  std::condition_variable_any changed;
  auto said = false;
  std::unique_lock held{all.mutex};
  std::thread other{[&] {
    const std::lock_guard guard{all.mutex};
    said = true;
    changed.notify_one();
  }};
  changed.wait(held, [&] { return said; });
  held.unlock();
  other.join();
  BOOST_TEST(said);
}

BOOST_AUTO_TEST_SUITE_END()
