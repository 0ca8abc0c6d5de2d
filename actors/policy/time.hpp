#pragma once

/// Moments of the steady clock, in nanoseconds.

#include <algorithm>
#include <chrono>

namespace weir::policy {

using duration = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

/// What is `d` after `now`, or the end of time if that comes first: a limit may be given as endless.
[[nodiscard]] constexpr time_point after(time_point now, duration d) noexcept {
  return now + std::min(d, time_point::max() - now);
}

}  // namespace weir::policy
