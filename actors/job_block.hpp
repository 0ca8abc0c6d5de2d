#pragma once

/// The seam between the compiled core and the types of its users: a block of consecutive jobs of one
/// run. The core moves spans of blocks and never looks into them; a block runs its jobs in a loop of
/// its own, where the compiler sees the user's function.
///
/// A block is shared by those who hold spans of it. Each job of it is run by at most one lane.

#include <weir/actors/policy/span.hpp>

#include <caf/error.hpp>

#include <cstdint>
#include <memory>

namespace weir {

class lane;

class job_block {
public:
  explicit job_block(std::uint64_t sequence) : sequence_(sequence) {}
  virtual ~job_block() = default;
  job_block(const job_block&) = delete;
  job_block& operator=(const job_block&) = delete;

  /// The place of the block's first job among all jobs of the run, from 0.
  [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_; }

  /// Runs job `first` and those after it, as long as `on.may_start(i)`; keeps their outcomes.
  /// Returns the first index that has no outcome: one that was not run, or is to run again. Never throws:
  /// what a task throws is an outcome.
  virtual std::uint64_t run(std::uint64_t first, lane& on) noexcept = 0;

  /// Tells that the jobs [first, last) will not run, or that their thread was written off. Returns
  /// how many of them had no outcome yet. `attempt`: their last one, 0 if they never started. Only blocks
  /// that hand outcomes over by themselves do something here; for the others the collector says it.
  virtual std::uint64_t cancel(std::uint64_t first, std::uint64_t last, unsigned attempt,
                               const caf::error& why) noexcept {
    static_cast<void>(attempt);
    static_cast<void>(why);
    return last - first;
  }

private:
  std::uint64_t sequence_;
};

using job_span = policy::span<std::shared_ptr<job_block>>;

}  // namespace weir
