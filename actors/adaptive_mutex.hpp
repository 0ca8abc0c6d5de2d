#pragma once

/// A mutex for locks that are held for some ten nanoseconds: free, it costs one exchange to lock and one
/// to unlock, half of what a std::mutex does; held, it spins for a moment before it lets the thread sleep,
/// as putting one to sleep and waking it costs a thousand times more. Not fair. Four bytes.
/// From: "Futexes Are Tricky" (Drepper, 2011), mutex 2.

#include <atomic>
#include <cstdint>

namespace weir {

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
    if (state_.exchange(open, std::memory_order_release) == waited_for)
      state_.notify_one();
  }

private:
  static constexpr std::uint32_t open = 0;
  static constexpr std::uint32_t locked = 1;
  static constexpr std::uint32_t waited_for = 2;  // locked, and somebody may sleep

  void lock_held() noexcept;

  std::atomic<std::uint32_t> state_{open};
};

}  // namespace weir
