#pragma once

/// Who may come in. Slots are counted, not kept: a job holds one from its admission until its outcome
/// has been taken, so what is inside never exceeds the capacity (P3), and whether there is room is
/// known at once (P4).
///
/// The caller serialises the calls. `released` is the running total of slots that were given back;
/// it is an argument because it is counted elsewhere, on the way out.

#include <algorithm>
#include <cstdint>

namespace weir::policy {

class admission {
public:
  explicit admission(std::uint64_t capacity) : capacity_(capacity) {}

  /// Takes a slot if one is free and the door is open.
  bool admit(std::uint64_t released) noexcept {
    if (closed_ || used(released) >= capacity_)
      return false;
    ++admitted_;
    return true;
  }

  /// Takes `n` slots for jobs that are all known beforehand: there the capacity is their number.
  void admit_all(std::uint64_t n) noexcept { admitted_ += n; }

  /// Counts an offer that ended in a refusal.
  void reject() noexcept { ++rejected_; }

  /// Takes back a refusal that was counted.
  void forget_refusal() noexcept { --rejected_; }

  /// Takes back the admission of a job that could not be stored.
  void undo() noexcept { --admitted_; }

  void close() noexcept { closed_ = true; }

  /// With fewer slots nobody is thrown out: admission waits until enough have been released.
  void resize(std::uint64_t capacity) noexcept { capacity_ = capacity; }

  /// How many slots must have been released until it is time to wake those who wait for room. A fast
  /// caller is better woken for a part of the capacity than for each slot; `starved` (workers without
  /// a job) says that it can't wait.
  [[nodiscard]] std::uint64_t worth_waking_from(bool starved) const noexcept {
    const auto wanted = starved ? 1 : std::max<std::uint64_t>(1, capacity_ / 4);
    return admitted_ + wanted - std::min(admitted_ + wanted, capacity_);
  }
  [[nodiscard]] bool worth_waking(std::uint64_t released, bool starved) const noexcept {
    return released >= worth_waking_from(starved);
  }

  [[nodiscard]] bool closed() const noexcept { return closed_; }
  [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::uint64_t used(std::uint64_t released) const noexcept { return admitted_ - released; }
  [[nodiscard]] std::uint64_t offered() const noexcept { return admitted_ + rejected_; }
  [[nodiscard]] std::uint64_t admitted() const noexcept { return admitted_; }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }

private:
  std::uint64_t capacity_;
  std::uint64_t admitted_ = 0;
  std::uint64_t rejected_ = 0;
  bool closed_ = false;
};

}  // namespace weir::policy
