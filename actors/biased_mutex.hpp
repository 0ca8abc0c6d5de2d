#pragma once

/// A mutex for a lock that one thread takes time after time and others now and then: once a thread has taken
/// it often enough without another one in between, the lock is biased towards it, and from then on costs that
/// thread two stores and no atomic exchange, which would wait for all its earlier stores to reach the cache.
/// Another thread that comes takes the bias away, which costs it a heavy fence. Without bias, or where the
/// kernel has no such fence, it is an `adaptive_mutex`. Not fair.
///
/// From: "Quickly Reacquirable Locks" (Dice, Moir, Scherer 2003); the fence makes their handshake cheap.
///
/// Whoever has the bias says that it is inside, and then looks whether the bias is still its own. Whoever
/// takes the bias away does so, passes a heavy fence, and then looks whether the other one is inside. So one
/// of them sees the other.

#include <weir/actors/adaptive_mutex.hpp>
#include <weir/actors/asymmetric_fence.hpp>
#include <weir/actors/sync.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace weir {

#ifdef WEIR_SIMULATION
using biased_mutex = sync::mutex;
#else

class biased_mutex {
public:
  /// How often in a row a thread takes the lock until it is biased. A bias that soon goes makes that twice as
  /// often, up to `turns_most`, and one that pays half as often.
  static constexpr std::uint32_t turns_least = 256;
  static constexpr std::uint32_t turns_most = 1U << 16;

  biased_mutex() = default;
  /// With other numbers of turns.
  biased_mutex(std::uint32_t min, std::uint32_t max) noexcept
      : turns_to_bias_(min), turns_min_(min), turns_max_(max) {}
  biased_mutex(const biased_mutex&) = delete;
  biased_mutex& operator=(const biased_mutex&) = delete;

  void lock() noexcept {
    if (!lock_by_bias())
      lock_by_mutex();
  }

  void unlock() noexcept {
    if (auto* const self = holder::of_this_thread;
        self && self->inside.load(std::memory_order_relaxed) == this)
      self->inside.store(nullptr, std::memory_order_release);
    else
      mutex_.unlock();
  }

  /// Whether it is biased just now, towards whomever.
  [[nodiscard]] bool is_biased() const noexcept {
    return favoured_.load(std::memory_order_relaxed) != nullptr;
  }

private:
  /// What a thread says of itself. It outlives its thread, and then serves another one.
  struct alignas(64) holder {
    std::atomic<const biased_mutex*> inside{nullptr};  // by its bias
    static inline constinit thread_local holder* of_this_thread = nullptr;
  };
  class holders;
  struct loan;

  bool lock_by_bias() noexcept {
    auto* const self = holder::of_this_thread;
    if (!self || favoured_.load(std::memory_order_relaxed) != self ||
        self->inside.load(std::memory_order_relaxed))
      return false;
    // Releases what it did in another such lock: who takes that one's bias away may read this.
    self->inside.store(this, std::memory_order_release);
    light_fence();
    if (favoured_.load(std::memory_order_relaxed) == self)
      return true;
    self->inside.store(nullptr, std::memory_order_relaxed);
    return false;
  }

  void lock_by_mutex() noexcept;
  void take_bias_away() noexcept;
  void count_turn() noexcept;

  std::atomic<holder*> favoured_{nullptr};  // changes under the mutex only
  adaptive_mutex mutex_;
  // Guarded by the mutex: who has taken it last, and how often in a row.
  const void* last_ = nullptr;
  std::uint32_t turns_ = 0;
  std::uint32_t turns_to_bias_ = turns_least;
  std::uint32_t turns_min_ = turns_least;
  std::uint32_t turns_max_ = turns_most;
  std::chrono::steady_clock::time_point biased_at_{};
};

#endif

}  // namespace weir
