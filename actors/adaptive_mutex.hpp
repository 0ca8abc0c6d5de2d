#pragma once

/// A mutex for locks that are held for some ten nanoseconds: free, it costs one exchange to lock and a
/// store to unlock, a third of what a std::mutex does; held, it spins for a moment before it lets the thread
/// sleep, as putting one to sleep and waking it costs a thousand times more. Not fair. Eight bytes.
///
/// Whoever sleeps says so and then passes a heavy fence: so the one who unlocks either finds the sleeper, or
/// has unlocked before the sleeper looks once more. It must outlive each `unlock`, even where another thread
/// has had the lock since.

#include <weir/actors/asymmetric_fence.hpp>
#include <weir/actors/sync.hpp>

#include <atomic>
#include <cstdint>

namespace weir {

#ifdef WEIR_SIMULATION
using adaptive_mutex = sync::mutex;
#else

class adaptive_mutex {
public:
  adaptive_mutex() = default;
  adaptive_mutex(const adaptive_mutex&) = delete;
  adaptive_mutex& operator=(const adaptive_mutex&) = delete;

  void lock() noexcept {
    if (!try_lock())
      lock_held();
  }

  [[nodiscard]] bool try_lock() noexcept {
    auto seen = open;
    return state_.compare_exchange_strong(seen, locked, std::memory_order_acquire, std::memory_order_relaxed);
  }

  void unlock() noexcept {
    state_.store(open, std::memory_order_release);
    light_fence();
    if (sleepers_.load(std::memory_order_relaxed) > 0)
      wake_one();
  }

private:
  static constexpr std::uint32_t open = 0;
  static constexpr std::uint32_t locked = 1;

  void lock_held() noexcept;
  void sleep_until_locked() noexcept;
  void wake_one() noexcept;

  std::atomic<std::uint32_t> state_{open};
  std::atomic<std::uint32_t> sleepers_{0};
};

#endif

}  // namespace weir
