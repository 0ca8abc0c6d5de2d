#pragma once

/// How many jobs a worker may take at once: its credit. It starts at one job and grows only while the
/// measured time of a job is short, so that the cost of a hand-over is spread over many short jobs
/// and no long job is hoarded behind another. Near the end of the queue it shrinks, so that all
/// workers end together: guided self-scheduling (Polychronopoulos and Kuck, 1987).

#include <chrono>
#include <cstdint>

namespace weir::policy {

class batch_size {
public:
  using duration = std::chrono::nanoseconds;

  /// How long a batch should take: a hundred times the cost of a hand-over between threads.
  static constexpr duration target{100'000};
  /// Where jobs are done by another process: ten times what it costs to hand them over.
  static constexpr duration target_elsewhere{2'000'000};
  /// No fair share makes a batch shorter than this part of the target: below, a hand-over costs more than it
  /// evens out.
  static constexpr int shortest_part = 5;
  /// Jobs shorter than this take less time than it takes to wake a worker for them, and are timed a batch at
  /// a time: two clock readings for each, and what handles their times, would be felt.
  static constexpr duration brief_max{5'000};
  /// The estimate follows a faster batch at once and a slower one by this factor at most: a thread
  /// that was put aside by the system for a moment looks like a thousand long jobs, and a batch that
  /// turns out too large is split anyway.
  static constexpr double growth_max = 1.5;
  /// A bound for what one batch may hold whatever its jobs cost.
  static constexpr std::uint64_t jobs_max = 1u << 20;

  explicit batch_size(std::uint64_t limit = jobs_max, duration time = target) : limit_(limit), time_(time) {}

  /// Tells what `jobs` consecutive jobs took together.
  void observe(std::uint64_t jobs, duration elapsed) noexcept;

  /// The credit of a worker that comes for work while `queued` jobs wait for `workers` workers.
  [[nodiscard]] std::uint64_t next(std::uint64_t queued, std::uint64_t workers) const noexcept;

  /// The smoothed time of one job; zero before the first one was measured.
  [[nodiscard]] duration mean() const noexcept;

  /// Whether a job is known to be shorter than `brief_max`.
  [[nodiscard]] bool brief() const noexcept {
    return measured_ && mean_ < static_cast<double>(brief_max.count());
  }

private:
  std::uint64_t limit_;
  duration time_;
  double mean_ = 0;  // in ns; fractions matter, as jobs may take less than one
  bool measured_ = false;
};

}  // namespace weir::policy
