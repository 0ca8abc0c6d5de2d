#pragma once

/// A pool that refuses what it cannot hold: callers hand in jobs one by one, from any thread, and each
/// gets a ticket for its own outcome. Use it if callers each want their own answer; use `stream` if
/// one receiver takes all outcomes, `parallel_map` if all inputs are known.
///
/// Bounds: `parallelism` jobs run, `capacity` are inside. A job inside costs its own size and about
/// 150 bytes, its ticket included; it is destroyed when it has run, before its outcome is handed over. Each
/// job costs some hundred nanoseconds beside its own time. All members are thread-safe, except the
/// destructor.

#include <weir/runtime/batch_task.hpp>
#include <weir/runtime/intake.hpp>
#include <weir/runtime/invoke.hpp>
#include <weir/runtime/kept_job.hpp>
#include <weir/runtime/keyed.hpp>
#include <weir/runtime/running_stage.hpp>
#include <weir/runtime/runs_again.hpp>
#include <weir/runtime/spare_memory.hpp>
#include <weir/runtime/ticket.hpp>

#include <cassert>
#include <optional>
#include <utility>
#include <vector>

namespace weir {

namespace detail {

/// Jobs whose outcomes go to tickets.
template <class Job, class Result>
class ticket_block : public job_block {
public:
  using state_ptr = std::shared_ptr<ticket_state<Result>>;

  using job_block::job_block;

  void reserve(std::uint64_t n) { jobs_.reserve(n); }

  /// `state` becomes where the job's outcome will be.
  void push(time_point queued, Job& job, state_ptr& state) {
    // Not before the job is admitted: who is refused gets no ticket.
    auto made = std::make_shared<ticket_state<Result>>();
    jobs_.push_back({kept_job<Job>{std::move(job)}, queued, made});
    state = std::move(made);
  }

  [[nodiscard]] std::size_t size() const noexcept { return jobs_.size(); }

  [[nodiscard]] std::optional<time_point> admitted(std::uint64_t i) const noexcept override {
    return jobs_[i].queued;
  }

  std::uint64_t end(std::uint64_t first, std::uint64_t last, const forced_end& how,
                    const std::shared_ptr<const caf::error>& why) noexcept override {
    std::uint64_t ended = 0;
    for (auto i = first; i < last; ++i)
      if (auto& e = jobs_[i]; e.state->claim()) {
        const auto queued = how.begun == time_point{} ? duration::zero() : how.begun - e.queued;
        e.state->end({sequence() + i, how.attempt, queued, how.ran, how.kind, why});
        ++ended;
      }
    return ended;
  }

protected:
  template <class F>
  std::uint64_t run_with(F& f, std::uint64_t first, lane& on, batch_memory_of<F, Result>& memory) noexcept {
    auto begun = on.begun();
    const auto keep = [&](std::uint64_t i, caf::expected<Result>& result) {
      return end_attempt<F>(i, result, begun, on);
    };
    if constexpr (batch_task<F>) {
      return run_batches(
          f, first, on, memory, [this](std::uint64_t i) -> Job& { return jobs_[i].job.get(); }, keep);
    } else {
      auto i = first;
      for (; on.may_start(i); ++i) {
        auto result = run_task(f, on.ctx(), jobs_[i].job.get());
        if (!keep(i, result))
          break;
      }
      return i;
    }
  }

private:
  /// False if the job is to run again. It began at `begun`, which becomes when it ended.
  template <class F>
  bool end_attempt(std::uint64_t i, caf::expected<Result>& result, time_point& begun, lane& on) noexcept {
    auto& e = jobs_[i];
    if (on.overran())
      result = on.timeout_error();
    if (!result && runs_again<F, Job>(on, result))
      return false;
    e.job.drop();
    const auto ended = on.now();
    const auto kind = result ? outcome_kind::completed : on.ended_with(i, result.error());
    on.passed(i);
    if (e.state->claim()) {
      on.release_slot();
      e.state->fulfil(
          {sequence() + i, on.attempt(), begun - e.queued, ended - begun, kind, std::move(result)});
    }
    begun = ended;
    return true;
  }

  struct entry {
    kept_job<Job> job;
    time_point queued;
    state_ptr state;
  };

  spare_vector<entry> jobs_;
};

template <class Job, class Result, class F>
class ticket_block_of final : public ticket_block<Job, Result> {
public:
  ticket_block_of(std::uint64_t sequence, time_point opened, std::shared_ptr<F> f)
      : ticket_block<Job, Result>(sequence, opened), f_(std::move(f)) {}

  std::uint64_t run(std::uint64_t first, lane& on) noexcept override {
    return this->run_with(*f_, first, on, memory_);
  }

private:
  std::shared_ptr<F> f_;
  [[no_unique_address]] batch_memory_of<F, Result> memory_;
};

}  // namespace detail

/// `Result` is what `f` gives for a `Job` (`task_result_t`): `caf::unit_t` if it returns nothing.
template <job_type Job, result_type Result>
class pool {
public:
  using ticket_type = ticket<Result>;
  using submission_type = submission<Job, ticket_type>;

  /// Starts the workers. `f` is a task for `Job` (invoke.hpp); several threads call it at a time.
  /// Throws std::invalid_argument if the options are not valid. Canceling `ctx` cancels the pool.
  /// If the system has no thread for even one worker, the pool is canceled with `ec::overloaded`.
  template <task_returning<Job, Result> F>
  pool(engine& on, F f, const pool_options& options, const context& ctx = context::background())
      : pool(on, std::make_shared<F>(std::move(f)), options, ctx) {}

  /// Cancels what is left and waits for it, at most `shutdown_budget`. Call `drain` before to let
  /// everything finish. Blocks; not for a job of its own.
  ~pool() { stage_.finish(); }

  /// Admits the job, or refuses it at once and hands it back: `ec::overloaded`, `ec::closed`, or the
  /// cause of a cancel. Does not block; may be called in a job of its own. Throws what moving a job
  /// throws; then it was not admitted.
  submission_type try_submit(Job job) { return put(nullptr, std::move(job)); }

  /// Admits the job as soon as there is room, or hands it back when `ctx` is canceled or the pool
  /// closes first, with the cause. Blocks. In a job of its own it may wait for itself: use
  /// `try_submit` there. With another `overflow` than `block` a full pool refuses it at once, or drops an
  /// older job for it.
  submission_type submit(const context& ctx, Job job) { return put(&ctx, std::move(job)); }

  /// Refuses new jobs from now on, with `ec::closed`. Does not block.
  void close() { stage_.close(); }

  /// Closes, finishes what was admitted, then cancels, then writes off, all within `budget`. The last
  /// quarter of it, at most 2 s, is for the cancel. Blocks until rest; never longer than about
  /// `budget`. May be called again, and by several threads: the shortest budget counts. In a job that its
  /// rest depends on it throws, with `duration::max()`, a `thrown_error` with `ec::deadlock`; then nothing
  /// has changed.
  shutdown_report drain(duration budget) { return stage_.drain(budget); }

  /// Cancels what is queued and what runs, and closes. Does not wait.
  void cancel(std::string why = "canceled by the caller") { stage_.cancel(std::move(why)); }

  /// Changes the bounds while jobs run. Shrinking interrupts nobody: surplus workers end after their
  /// job, and admission waits until enough slots are free. `ec::invalid_option` changes nothing. Does
  /// not block; new workers start in the background.
  [[nodiscard]] caf::error resize(std::size_t parallelism, std::size_t capacity) {
    return stage_.resize(parallelism, capacity);
  }

  /// The books and the load at this instant. Takes a lock for some hundred nanoseconds.
  [[nodiscard]] station::snapshot stats() const { return stage_.at().look(); }

  /// Why it ended early, if it did.
  [[nodiscard]] std::optional<cause> stopped_by() const { return stage_.at().stopped_by(); }

  /// For an application's actors: it understands `done`, `cancel`, `stop` and `resize` (protocol.hpp).
  [[nodiscard]] const supervisor_actor& supervisor() const noexcept { return stage_.supervisor(); }

private:
  template <class F>
  pool(engine& on, const std::shared_ptr<F>& f, const pool_options& options, const context& ctx)
      : stage_(on, running_stage::fit<F, Job>(options), ctx,
               {.keyed = keyed_task<F, Job>, .sends_jobs = detail::batch_task<F>}, {}),
        intake_(
            stage_.share(),
            [f, &at = stage_.at()](std::uint64_t sequence) {
              return std::make_shared<detail::ticket_block_of<Job, Result, F>>(sequence,
                                                                               at.ctx().time().now(), f);
            },
            options, detail::keys_of<Job>(f)) {}

  submission_type put(const context* wait, Job job) {
    typename detail::ticket_block<Job, Result>::state_ptr state;
    auto placed = intake_.put(wait, job, state);
    if (auto* const refused = std::get_if<caf::error>(&placed))
      return {std::move(*refused), std::move(job)};
    return ticket_type{stage_.at().id(), std::get<std::uint64_t>(placed), std::move(state)};
  }

  running_stage stage_;
  detail::intake<detail::ticket_block<Job, Result>, Job> intake_;
};

}  // namespace weir
