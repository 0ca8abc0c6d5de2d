#pragma once

/// How long the parts of a job's way may take, and what becomes of work that does not stop in time.

#include <chrono>
#include <cstddef>
#include <optional>

namespace weir::policy {

/// Each limit that is set has an error of its own, so that whoever reads it knows what was too slow: who
/// submits, the stage, or the job.
struct timeouts {
  using duration = std::chrono::nanoseconds;
  static constexpr duration limit_max = std::chrono::hours{24 * 365};

  /// From the offer to the admission, where a caller waits for room: `ec::submit_timeout`.
  std::optional<duration> submit = {};
  /// From the admission to the start of the first attempt: `ec::queue_timeout`.
  std::optional<duration> queue = {};
  /// Of one attempt: `ec::run_timeout`. Its context is canceled then; the outcome is there at once, unless
  /// the job is to be tried again, which has to wait until it has stopped. Until then it is `canceling`: it
  /// keeps its slot and its worker.
  std::optional<duration> run = {};
  /// How long an attempt may go on after that. Then its thread is written off and replaced.
  duration grace = std::chrono::seconds{1};
  /// No more threads than this are written off at a time; further ones keep their slots and workers.
  std::size_t abandoned_max = 8;

  /// Whether the time of each single job matters.
  [[nodiscard]] bool watch_jobs() const noexcept { return queue.has_value() || run.has_value(); }
};

}  // namespace weir::policy
