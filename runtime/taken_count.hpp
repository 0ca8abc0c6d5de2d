#pragma once

/// Counts the outcomes that a receiver has taken and gives their slots back to the station. To tell the
/// station of each would cost more than the hand-over itself; so it is told of many at a time, but at
/// once while a submitter waits, and a submitter that finds no room asks here first. So a slot is
/// never kept back from anybody who wants it.
///
/// One thread at a time counts; any thread may give back. For each outcome a store and a load.

#include <weir/actors/asymmetric_fence.hpp>
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
    // Either this sees who waits, or who is about to wait sees the count.
    if (one_sided_)
      light_fence();
    else
      std::atomic_thread_fence(std::memory_order_seq_cst);
    if (taken < due_ && waiting_.load(std::memory_order_relaxed) == 0)
      return;
    due_ = taken + batch;
    give_back(at);
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

  /// While one lives, slots are given back one by one.
  class waiter {
  public:
    waiter(taken_count& of, station& at) : of_(of) {
      of_.waiting_.fetch_add(1);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      if (of_.one_sided_)
        static_cast<void>(heavy_fence());
      of_.give_back(at);
    }
    ~waiter() { of_.waiting_.fetch_sub(1); }
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

  private:
    taken_count& of_;
  };

private:
  const bool one_sided_ = heavy_fence();
  alignas(64) std::atomic<std::uint64_t> taken_{0};
  std::uint64_t due_ = batch;  // the receiver's own
  alignas(64) std::atomic<std::uint64_t> given_{0};
  std::atomic<std::uint64_t> waiting_{0};
};

}  // namespace weir::detail
