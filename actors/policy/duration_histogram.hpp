#pragma once

/// Quantiles of durations in bounded memory: a histogram whose buckets grow with the value, so that a
/// quantile is off by at most 1 / `steps` of itself. From: Gil Tene, HdrHistogram.
/// 29 KiB; `add` costs some nanoseconds.

#include <array>
#include <chrono>
#include <cstdint>

namespace weir::policy {

class duration_histogram {
public:
  using duration = std::chrono::nanoseconds;

  /// Buckets for each doubling of the value.
  static constexpr unsigned steps_log2 = 6;
  static constexpr std::uint64_t steps = 1u << steps_log2;

  void add(duration d) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  /// The value that a share `q` (0 to 1) of all durations do not exceed; zero if there are none.
  [[nodiscard]] duration quantile(double q) const noexcept;

private:
  static constexpr unsigned bits = 63;

  std::array<std::uint64_t, (bits - steps_log2 + 1) * steps> buckets_{};
  std::uint64_t count_ = 0;
  duration max_{};
};

}  // namespace weir::policy
