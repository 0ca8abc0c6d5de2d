#pragma once

/// A pair of fences of which one side is free, for two threads that each write one place and then read the
/// other's, where one does so all the time and the other seldom: a lane and whoever stops it, the holder of a
/// lock and whoever goes to sleep for it, the thread that a lock is biased towards and whoever takes the bias
/// away. The light side only keeps the compiler from reordering; the heavy side makes the kernel run a full
/// barrier on every thread of the process (membarrier(2)), some microseconds.
/// From: "Asymmetric thread fence", P1202 (Goldblatt), and Linux' membarrier(2).

#include <weir/actors/sync.hpp>

#include <atomic>

namespace weir {

inline void light_fence() noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  sync::interleave();
}

/// Whether the kernel has such a call; some sandboxes refuse it.
[[nodiscard]] bool has_asymmetric_fence() noexcept;

/// False if the kernel refused: then what the caller stored before will still be seen, as any store,
/// but it can't know what the other side was about to do, and must do without.
[[nodiscard]] bool heavy_fence() noexcept;

}  // namespace weir
