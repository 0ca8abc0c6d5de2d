#pragma once

/// The thread side of a worker: it pulls spans of jobs from its station and runs them. User code runs
/// here and nowhere else, so a call that blocks holds up its own slot only.
///
/// Invariant: a job starts only after its index was published in `running_` and found below `limit_`.
/// Whoever lowers the limit (to cancel, to retire the lane, to take jobs over) and then passes a
/// heavy fence knows that no job but the published one can be running beyond it. The cost for each
/// job is one store and one load. Jobs that run together are published as a whole, in `claimed_`.

#include <weir/actors/adaptive_condition.hpp>
#include <weir/actors/asymmetric_fence.hpp>
#include <weir/actors/context.hpp>
#include <weir/actors/job_block.hpp>
#include <weir/actors/observer.hpp>
#include <weir/actors/sync.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir {

class station;

/// How the attempts of a job ended that were lost with their workers; null if none was.
using lost_attempts = std::shared_ptr<const std::vector<std::string>>;

class alignas(64) lane {
public:
  lane(station& owner, std::size_t number, const context& ctx)
      : station_(owner), number_(number), ctx_(ctx) {}

  // -- for a block's loop, on the lane's thread --------------------------------------------------

  /// Asks before each job of the span.
  [[nodiscard]] bool may_start(std::uint64_t i) noexcept {
    running_.store(i, std::memory_order_release);
    light_fence();
    return i < limit_.load(std::memory_order_relaxed);
  }

  /// For a block that runs several jobs at once, after `may_start(i)` has said yes: takes the jobs [i, last)
  /// together, or fewer if others have been faster. Returns the first one behind, at least i + 1.
  [[nodiscard]] std::uint64_t claim(std::uint64_t i, std::uint64_t last) noexcept {
    claimed_.store(last, std::memory_order_release);
    light_fence();
    return std::clamp(limit_.load(std::memory_order_relaxed), i + 1, last);
  }

  /// Of those the jobs from `last` on are not begun now.
  void unclaim(std::uint64_t last) noexcept { claimed_.store(last, std::memory_order_release); }

  /// How many of its jobs could be claimed just now, job `i` included, which has begun.
  [[nodiscard]] std::uint64_t claimable(std::uint64_t i) const noexcept {
    return std::max(limit_.load(std::memory_order_relaxed), i + 1) - i;
  }

  /// Says what `jobs` jobs took together that were not run by this thread: the time in which it waited for
  /// them is none of theirs.
  void charge(duration ran, std::uint64_t jobs) noexcept {
    const auto before = charged_.value_or(charge_sum{});
    charged_ = {before.ran + ran, before.jobs + jobs};
  }

  /// Says that job `i` has its outcome, where somebody may learn of it before the span ends.
  void passed(std::uint64_t i) noexcept { running_.store(i + 1, std::memory_order_release); }

  /// Whether attempts have a time limit. Then others may still look at the job when its attempt has returned.
  [[nodiscard]] bool limited() const noexcept { return attempt_id_ != 0; }

  /// Whether the attempt that has just returned was over its time limit: then its job has failed with
  /// `timeout_error`, whatever it returned.
  [[nodiscard]] bool overran() const noexcept { return limited() && is_late(); }
  [[nodiscard]] caf::error timeout_error() const;

  /// Whether the job whose attempt has failed with `why` is to run again: then the block keeps it without an
  /// outcome, and its loop ends there, so that `run` returns its index. Else it has failed with `why`, which
  /// may be another one then: that the job has lost too many workers. `there`: the task leaves its jobs where
  /// they are.
  [[nodiscard]] bool repeats(caf::error& why, bool there) noexcept;

  /// Which execution of its jobs this is, from 1.
  [[nodiscard]] unsigned attempt() const noexcept { return attempt_; }

  /// Files the error that job `i` ended with: canceled if it gave up because of its context, failed
  /// otherwise. The run may halt because of it. A job that has its outcome already, by a time limit or as its
  /// thread was written off, counts as canceled here: what it says is dropped.
  outcome_kind ended_with(std::uint64_t i, const caf::error& why) noexcept;

  /// Gives back the slot of a job whose outcome its block hands over by itself. Comes before the
  /// hand-over, so that whoever has the outcome finds the slot free.
  void release_slot() noexcept;

  /// What the jobs get.
  [[nodiscard]] const context& ctx() const noexcept { return ctx_; }

  /// Canceled when nothing starts any more, though what runs goes on. Of a stage that sends its jobs.
  [[nodiscard]] const context& starts() const noexcept;

  /// Whether jobs are long enough to be timed one by one; else the span's mean serves.
  [[nodiscard]] bool fine() const noexcept { return fine_; }

  [[nodiscard]] time_point now() const noexcept { return ctx_.time().now(); }

  /// When the span was taken.
  [[nodiscard]] time_point begun() const noexcept { return begun_; }

  /// Its number within the station, from 0; for traces and messages.
  [[nodiscard]] std::size_t number() const noexcept { return number_; }

  // -- for whoever runs in a job -----------------------------------------------------------------

  /// The lane whose thread this is, or null. Within a task's call it is the one that runs the job; a thread
  /// that the task starts has none.
  [[nodiscard]] static lane* current() noexcept;

  [[nodiscard]] const station& stage() const noexcept { return station_; }

private:
  friend class station;

  [[nodiscard]] bool is_late() const noexcept;

  /// The first job of its span that it has not begun, as far as others can know.
  [[nodiscard]] std::uint64_t first_unstarted() const noexcept {
    return std::max(running_.load(std::memory_order_relaxed) + 1, claimed_.load(std::memory_order_relaxed));
  }

  /// Attempts of its job, but for those that were lost.
  [[nodiscard]] unsigned tries() const noexcept {
    return attempt_ - (lost_ ? static_cast<unsigned>(lost_->size()) : 0);
  }

  /// canceling: its job has ended by a time limit, and its thread is still in it.
  enum class state : std::uint8_t { idle, napping, woken, busy, canceling, retired, abandoned };

  [[nodiscard]] std::uint64_t& filed_count(outcome_kind kind) noexcept {
    return kind == outcome_kind::failed ? failed_ : canceled_;
  }

  // Written by the lane's thread for each job, read by others now and then.
  std::atomic<std::uint64_t> running_{0};
  // The end of those that it runs together, where it does.
  std::atomic<std::uint64_t> claimed_{0};
  // Written under the station's lock.
  std::atomic<std::uint64_t> limit_{0};

  // The rest is guarded by the station's lock, or owned by the lane's thread while it is busy.
  station& station_;
  std::size_t number_;
  context ctx_;
  job_span work_;  // what it holds; `last` shrinks when another lane takes jobs over
  time_point begun_{};
  struct charge_sum {
    duration ran{};
    std::uint64_t jobs = 0;
  };
  std::optional<charge_sum> charged_;  // what its jobs took, where that is not the time since then
  // What its jobs have filed since it took them, under the lock, and which of them was the last.
  std::uint64_t failed_ = 0;
  std::uint64_t canceled_ = 0;
  std::optional<std::pair<std::uint64_t, outcome_kind>> filed_;
  unsigned attempt_ = 1;
  lost_attempts lost_;  // of its job
  attempt_end last_{};  // how its last attempt ended; kept only for an observer
  // Of the job that it stopped at and that is to run again.
  struct repeat_plan {
    std::uint64_t id;
    time_point when;
  };
  std::optional<repeat_plan> repeat_;
  std::optional<std::uint64_t> key_;  // of the job that it runs, where that has one
  // Where attempts have a time limit.
  std::uint64_t attempt_id_ = 0;     // of the attempt that runs, unique in the station; 0: none
  std::uint64_t late_index_ = 0;     // of the job that it was running when the limit passed
  std::string late_name_;            // likewise
  timer limit_alarm_;                // the thread's own, in need of no lock
  context::subscription on_cancel_;  // likewise
  timer grace_alarm_;
  bool overdue_ = false;  // to be written off as soon as that is allowed
  bool fine_ = true;
  bool may_nap_ = false;   // has run brief jobs since it last slept
  bool in_burst_ = false;  // took several of them at once
  bool deaf_ = false;      // sleeps without looking again by itself
  duration look_again_{};  // how long it last slept before it looked for others' jobs
  state state_ = state::woken;
  adaptive_condition wake_;
};

}  // namespace weir
