#pragma once

/// The seam between the compiled core and the types of its users: a block of consecutive jobs of one
/// run. The core moves spans of blocks and never looks into them; a block runs its jobs in a loop of
/// its own, where the compiler sees the user's function.
///
/// A block is shared by those who hold spans of it. Each job of it is run by at most one lane.

#include <weir/actors/clock.hpp>
#include <weir/actors/observer.hpp>
#include <weir/actors/policy/span.hpp>

#include <caf/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace weir {

class lane;

/// How a job ended that its block does not have the outcome of.
struct forced_end {
  outcome_kind kind = outcome_kind::canceled;
  unsigned attempt = 0;  ///< the last one; 0: it never started
  time_point
      begun{};  ///< of that one, or when it was no longer to start; the epoch where that doesn't matter
  duration ran{};
};

class job_block {
public:
  explicit job_block(std::uint64_t sequence, time_point opened = {}) : sequence_(sequence), opened_(opened) {}
  virtual ~job_block() = default;
  job_block(const job_block&) = delete;
  job_block& operator=(const job_block&) = delete;

  /// The place of the block's first job among all jobs of the run, from 0.
  [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_; }

  /// What its jobs have in common that are to stay in order among each other, where the station is keyed.
  [[nodiscard]] std::uint64_t key() const noexcept { return key_; }
  void set_key(std::uint64_t key) noexcept { key_ = key; }

  /// When its first job was admitted; the epoch where nobody asks for that.
  [[nodiscard]] time_point opened() const noexcept { return opened_; }

  /// Runs job `first` and those after it, as long as `on.may_start(i)`; keeps their outcomes.
  /// Returns the first index that has no outcome: one that was not run, or is to run again. Never throws:
  /// what a task throws is an outcome.
  virtual std::uint64_t run(std::uint64_t first, lane& on) noexcept = 0;

  /// Tells that the jobs [first, last) have ended so, for `why`, whatever a thread that still runs one of
  /// them makes of it. Returns how many of them had no outcome yet. Only blocks that hand outcomes over by
  /// themselves do something here; for the others the collector says it. Called under the station's lock.
  virtual std::uint64_t end(std::uint64_t first, std::uint64_t last, const forced_end& how,
                            const std::shared_ptr<const caf::error>& why) noexcept {
    static_cast<void>(how);
    static_cast<void>(why);
    return last - first;
  }

  /// Tells that job `i` has failed because a time limit has passed, before its outcome is handed over. A
  /// thread may still run it. Called without a lock.
  virtual void timed_out(std::uint64_t i, unsigned attempt, const caf::error& why) noexcept {
    static_cast<void>(i);
    static_cast<void>(attempt);
    static_cast<void>(why);
  }

  /// When job `i` was admitted; none where all were as the run began.
  [[nodiscard]] virtual std::optional<time_point> admitted(std::uint64_t i) const noexcept {
    static_cast<void>(i);
    return std::nullopt;
  }

  /// What people call job `i`, which runs just now; empty where its task has no names. Called under the
  /// station's lock, while the task is in the job.
  [[nodiscard]] virtual std::string name_of(std::uint64_t i) const {
    static_cast<void>(i);
    return {};
  }

private:
  std::uint64_t sequence_;
  time_point opened_;
  std::uint64_t key_ = 0;
};

using job_span = policy::span<std::shared_ptr<job_block>>;

}  // namespace weir
