#pragma once

/// How often something may happen: `per_second` on average, at most `burst` at once. The generic cell rate
/// algorithm (ITU-T I.371): instead of counting tokens it remembers when the next event was due if all came
/// evenly, which says the same with one number and without a timer.

#include <chrono>
#include <cstdint>

namespace weir::policy {

struct rate_rule {
  double per_second = 0;  ///< more than 0; 0: no limit
  std::uint64_t burst = 1;

  static constexpr double per_second_min = 1e-6;
  static constexpr double per_second_max = 1e9;
  static constexpr std::uint64_t burst_max = 1'000'000'000;

  [[nodiscard]] bool limits() const noexcept { return per_second > 0; }
};

class rate_limit {
public:
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

  /// The rule must limit.
  explicit rate_limit(const rate_rule& rule)
      : interval_(1e9 / rule.per_second), tolerance_(interval_ * static_cast<double>(rule.burst - 1)) {}

  /// Whether one may happen at `now`; if so it counts.
  [[nodiscard]] bool allow(time_point now) noexcept {
    if (wait_at(now) > duration::zero())
      return false;
    take(now);
    return true;
  }

  /// Takes the next free place in time: returns how long after `now` that is.
  [[nodiscard]] duration reserve(time_point now) noexcept {
    const auto wait = wait_at(now);
    take(now);
    return wait;
  }

  /// Gives back a place that was reserved and is not used.
  void give_back() noexcept { due_ -= interval_; }

private:
  // In nanoseconds since the clock's epoch: after thirty years a double still tells 128 ns apart.
  [[nodiscard]] static double at(time_point t) noexcept {
    return static_cast<double>(t.time_since_epoch().count());
  }
  [[nodiscard]] duration wait_at(time_point now) const noexcept;
  void take(time_point now) noexcept;

  double interval_;
  double tolerance_;
  double due_ = 0;  // when the next one would be due if all came evenly
};

}  // namespace weir::policy
