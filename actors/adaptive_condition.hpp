#pragma once

/// A condition variable for waits that are often over sooner than a thread is put to sleep and woken: after
/// one that was, the next ones look again and again, offering their core to others in between, before they
/// sleep. So a wait wastes at most about what a sleep costs ("Empirical Studies of Competitive Spinning",
/// Karlin et al. 1991), and waits that are long, or in vain, waste nothing. For use with one lock, which
/// whoever notifies holds.

#include <weir/actors/sync.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

namespace weir {

#ifdef WEIR_SIMULATION
using adaptive_condition = sync::condition_variable_any;
#else

class adaptive_condition {
public:
  /// About what it costs to put a thread to sleep, wake it, and wait until it runs.
  static constexpr std::chrono::microseconds patience{50};

  template <class Lock, class Predicate>
  void wait(Lock& held, Predicate over) {
    const auto begun = sync::now();
    if (over() || look_on(held, begun, patience, over))
      return;
    ++asleep_;
    sleepers_.wait(held, over);
    --asleep_;
    brief_ = is_brief(begun);
  }

  template <class Lock, class Predicate>
  bool wait_for(Lock& held, std::chrono::nanoseconds timeout, Predicate over) {
    const auto begun = sync::now();
    if (over() || look_on(held, begun, std::min<std::chrono::nanoseconds>(patience, timeout), over))
      return true;
    ++asleep_;
    const auto done = sleepers_.wait_until(held, begun + timeout, over);
    --asleep_;
    brief_ = done && is_brief(begun);
    return done;
  }

  void notify_one() noexcept {
    told_.fetch_add(1, std::memory_order_release);
    if (asleep_ > 0)
      sleepers_.notify_one();
  }

  void notify_all() noexcept {
    told_.fetch_add(1, std::memory_order_release);
    if (asleep_ > 0)
      sleepers_.notify_all();
  }

private:
  using time = decltype(sync::now());

  template <class Lock, class Predicate>
  bool look_on(Lock& held, time begun, std::chrono::nanoseconds at_most, Predicate& over) {
    if (!brief_)
      return false;
    const auto until = begun + at_most;
    while (sync::now() < until) {
      const auto seen = told_.load(std::memory_order_relaxed);
      held.unlock();
      while (told_.load(std::memory_order_acquire) == seen && sync::now() < until)
        std::this_thread::yield();
      held.lock();
      if (over())
        return true;
    }
    return false;
  }

  [[nodiscard]] static bool is_brief(time begun) noexcept { return sync::now() - begun < 2 * patience; }

  // All but the first are guarded by the lock.
  std::atomic<std::uint32_t> told_{0};
  std::uint32_t asleep_ = 0;
  bool brief_ = false;  // the last sleep would better have been none
  sync::condition_variable_any sleepers_;
};

#endif

}  // namespace weir
