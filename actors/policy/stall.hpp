#pragma once

/// Tells when a stage makes no progress, from looks at it now and then. Two things count: jobs that nobody is
/// about to do anything for, which must never be; and, where there is a limit, that no job has begun or ended
/// for so long. A stage without jobs may rest for ever, and without a limit a job may take as long as it
/// wants.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::policy {

class stall {
public:
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

  static constexpr duration limit_min = std::chrono::seconds{1};
  static constexpr duration limit_max = std::chrono::hours{24 * 365};

  /// A stage at an instant.
  struct sight {
    std::uint64_t moves = 0;  ///< starts, ends and hand-overs so far
    bool open = false;        ///< some job has not ended, or its outcome has not been taken
    bool at_work =
        false;  ///< a lane has a job or comes for one, or an outcome is ready or in the receiver's hands
    bool due = false;  ///< a job backs off: its alarm is set
  };

  /// How long jobs may be there with nobody at work: no wake-up takes so long.
  static constexpr duration unattended_max = std::chrono::seconds{10};

  stall(std::optional<duration> limit, time_point begun) noexcept
      : limit_(limit), moved_(begun), looked_(begun) {}

  /// How often to look. What passes between two looks never counts for more: in a longer pause the process
  /// itself stood still.
  [[nodiscard]] duration look_every() const noexcept {
    return std::max(std::min(limit_.value_or(unattended_max), unattended_max) / looks, duration{1});
  }

  /// For how long nothing has moved, if that is too long; once until something moves again.
  [[nodiscard]] std::optional<duration> observe(time_point now, const sight& s) noexcept;

private:
  static constexpr int looks = 4;

  const std::optional<duration> limit_;
  std::uint64_t moves_ = 0;
  time_point moved_;
  time_point looked_;
  duration still_{};       // as far as it counts
  duration unattended_{};  // likewise
  bool told_ = false;
};

}  // namespace weir::policy
