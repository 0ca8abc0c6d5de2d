#pragma once

/// Counts the outcomes that a receiver has taken and gives their slots back to the station, many at a
/// time: to tell the station of each would wake a waiting submitter for each, and cost more than the
/// hand-over itself. A submitter that finds no room asks here first, and looks again from time to time
/// while it waits (door.hpp); so a slot is never refused to anybody, and kept back from one who waits
/// for some milliseconds at most.
///
/// One thread at a time counts; any thread may give back. For each outcome one store.

#include <weir/actors/station.hpp>

#include <atomic>
#include <cstdint>

namespace weir::detail {

class taken_count {
public:
  /// Slots that are given back together while nobody asks for them.
  static constexpr std::uint64_t batch = 64;

  /// The receiver has taken one more.
  void add_one(station& at) {
    const auto taken = taken_.load(std::memory_order_relaxed) + 1;
    taken_.store(taken, std::memory_order_release);
    if (taken < due_)
      return;
    due_ = taken + batch;
    give_back(at);
  }

  /// Whether there are some to give back.
  [[nodiscard]] bool owes() const noexcept {
    return taken_.load(std::memory_order_relaxed) != given_.load(std::memory_order_relaxed);
  }

  /// Gives back all that were counted. Takes the station's lock if somebody waits, or near the end.
  void give_back(station& at) {
    auto given = given_.load(std::memory_order_relaxed);
    for (;;) {
      const auto taken = taken_.load(std::memory_order_acquire);
      if (taken <= given)
        return;
      if (!given_.compare_exchange_weak(given, taken, std::memory_order_relaxed))
        continue;
      at.taken(taken - given);
      return;
    }
  }

private:
  alignas(64) std::atomic<std::uint64_t> taken_{0};
  std::uint64_t due_ = batch;  // the receiver's own
  alignas(64) std::atomic<std::uint64_t> given_{0};
};

}  // namespace weir::detail
