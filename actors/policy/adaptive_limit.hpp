#pragma once

/// How many calls may run at once, found from how long they take: as many as what is behind them works on at
/// a time, and a few more. A plain state machine: it is shown each call that has ended, and answers with a
/// limit.
///
/// Calls that take longer than without load wait somewhere: of L that run, L (1 - base / time) do. The limit
/// grows while that is less than the root of L, and shrinks to fit when it is more than twice that. `base` is
/// the shortest mean time of the last windows. It would creep up while something always waits; so now and
/// then the limit is quartered until those calls that ran before have ended and one window has passed: the
/// queue drains and `base` is measured anew, also where calls have become longer for good. From: TCP Vegas
/// (Brakmo, O'Malley, Peterson, 1994), as in Netflix' concurrency-limits; the drain is BBR's.

#include <chrono>
#include <cstdint>

namespace weir::policy {

struct adaptive_rule {
  static constexpr std::uint64_t limit_max = 1u << 20;

  std::uint64_t min = 1;     ///< from 1
  std::uint64_t max = 1024;  ///< from `min` to `limit_max`
  std::uint64_t initial = 8;

  [[nodiscard]] bool valid() const noexcept { return min >= 1 && min <= max && max <= limit_max; }
};

class adaptive_limit {
public:
  using duration = std::chrono::nanoseconds;

  /// A window holds so many calls, or as many as may run at once if that is more.
  static constexpr std::uint64_t window_min = 10;
  static constexpr unsigned windows_between_drains = 40;

  /// The rule must be valid.
  explicit adaptive_limit(const adaptive_rule& rule);

  /// Shows a call that took `time`, and that `running` ran when it ended, itself included. True if the limit
  /// is another one now.
  bool observe(duration time, std::uint64_t running) noexcept;

  [[nodiscard]] std::uint64_t limit() const noexcept { return draining_ ? drained_limit() : limit_; }

private:
  [[nodiscard]] std::uint64_t clamped(double limit) const noexcept;
  [[nodiscard]] std::uint64_t drained_limit() const noexcept {
    return clamped(static_cast<double>(limit_) / 4);
  }
  void end_window() noexcept;
  void adjust(double mean) noexcept;

  adaptive_rule rule_;
  std::uint64_t limit_;
  // Of the window that is open.
  double sum_ = 0;  // in ns
  std::uint64_t calls_ = 0;
  std::uint64_t peak_ = 0;
  // The shortest mean since the last drain, and before the one that is under way.
  double base_ = 0;
  bool draining_ = false;
  std::uint64_t old_calls_ = 0;  // that ran when the drain began, and have not ended
  unsigned windows_ = 0;
};

}  // namespace weir::policy
