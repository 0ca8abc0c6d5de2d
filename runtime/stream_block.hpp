#pragma once

/// The blocks of a stream: jobs on their way in and, in the same place, outcomes on their way to the
/// receiver.

#include <weir/actors/adaptive_mutex.hpp>
#include <weir/actors/job_block.hpp>
#include <weir/actors/lane.hpp>
#include <weir/runtime/invoke.hpp>
#include <weir/runtime/kept_job.hpp>
#include <weir/runtime/outcome.hpp>
#include <weir/runtime/prefetch.hpp>
#include <weir/runtime/runs_again.hpp>
#include <weir/runtime/spare_memory.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace weir::detail {

/// A task of the library's own that wants to know at once of each job that failed for good, on its lane:
/// `failed(const Job&, const caf::error&, unsigned attempt)`.
template <class F>
concept hears_of_failures = requires { typename F::hears_of_failures; };

/// A task of the library's own that is asked before each job, on its lane. Where it says no it has stopped
/// the stage, so that the job ends unstarted.
template <class F>
concept asked_before_start = requires(const F& f) {
  { f.may_start() } -> std::same_as<bool>;
};

/// A task of the library's own that has names for its jobs, and never changes what it takes them from.
template <class F, class Job>
concept names_jobs = requires(const F& f, const Job& job) {
  { f.name_of(job) } -> std::same_as<std::string>;
};

/// Jobs whose outcomes wait in their block until the receiver takes them.
template <class Job, class Result>
class stream_block : public job_block {
public:
  /// `keep`: a job stays after it has run, until `drop_job`.
  stream_block(std::uint64_t sequence, time_point opened, bool keep)
      : job_block(sequence, opened), keep_(keep) {}
  ~stream_block() override {
    for (auto& slot : results_)
      if (slot.there)
        std::destroy_at(&slot.content.result);
  }

  void push(time_point queued, Job& job) {
    // The memory was last another core's: fetched some jobs ahead, it is here when its turn comes.
    if (jobs_.size() + prefetch_distance < jobs_.capacity())
      prefetch_for_write(jobs_.data() + jobs_.size() + prefetch_distance);
    jobs_.push_back({kept_job<Job>{std::move(job)}, queued});
  }

  /// Job `i` as its task left it.
  [[nodiscard]] Job& job(std::uint64_t i) noexcept { return jobs_[i].job.get(); }
  [[nodiscard]] const Job& job(std::uint64_t i) const noexcept { return jobs_[i].job.get(); }
  void drop_job(std::uint64_t i) noexcept { jobs_[i].job.drop(); }

  [[nodiscard]] std::size_t size() const noexcept { return jobs_.size(); }

  [[nodiscard]] std::optional<time_point> admitted(std::uint64_t i) const noexcept override {
    return jobs_[i].queued;
  }

  /// The outcome of job `i` of a span.
  outcome<Result> take(std::uint64_t i, const finished_span& s) {
    const auto index = sequence() + i;
    const auto& how = s.how;
    if (s.why) {
      const auto queued = how.begun == time_point{} ? duration::zero() : how.begun - jobs_[i].queued;
      return {index, how.attempt, queued, how.ran, how.kind, *s.why};
    }
    auto& slot = results_[i];
    const auto run_time = slot.run_time >= duration::zero() ? slot.run_time : how.ran;
    const auto queue_time = (slot.run_time >= duration::zero() ? slot.begun : how.begun) - jobs_[i].queued;
    return {index, how.attempt, queue_time, run_time, slot.kind, std::move(slot.content.result)};
  }

protected:
  template <class F>
  std::uint64_t run_with(F& f, std::uint64_t first, lane& on) noexcept {
    if (!made_.load(std::memory_order_acquire))
      make_results();
    auto i = first;
    for (auto begun = on.begun(); on.may_start(i); ++i) {
      if constexpr (asked_before_start<F>)
        if (!f.may_start())
          break;
      auto& slot = results_[i];
      auto* result = std::construct_at(&slot.content.result, run_task(f, on.ctx(), jobs_[i].job.get()));
      if (on.overran())
        *result = on.timeout_error();
      if (!*result && runs_again<F, Job>(on, *result)) {
        std::destroy_at(result);
        break;
      }
      slot.there = true;
      if (!*result) {
        slot.kind = on.ended_with(i, result->error());
        if constexpr (hears_of_failures<F>)
          if (slot.kind == outcome_kind::failed)
            tell_failure(f, i, on.attempt(), result->error());
      }
      if (!keep_ && !on.limited())
        jobs_[i].job.drop();
      if (!on.fine())
        continue;
      const auto ended = on.now();
      slot.begun = begun;
      slot.run_time = ended - begun;
      begun = ended;
    }
    return i;
  }

  /// Until their outcomes are taken, for a receiver that wants them.
  [[nodiscard]] bool keeps_jobs() const noexcept { return keep_; }

  template <class F>
  void tell_failure(F& f, std::uint64_t i, unsigned attempt, const caf::error& why) noexcept {
    try {
      f.failed(jobs_[i].job.get(), why, attempt);
    } catch (...) {
      // For want of memory; the outcome tells of it too.
    }
  }

private:
  struct entry {
    kept_job<Job> job;
    time_point queued;
  };

  void make_results() {
    std::lock_guard guard{making_};
    if (made_.load(std::memory_order_relaxed))
      return;
    results_ = spare_vector<slot_type>(jobs_.size());
    made_.store(true, std::memory_order_release);
  }

  struct slot_type {
    union storage {
      storage() {}
      ~storage() {}
      caf::expected<Result> result;
    } content;
    time_point begun{};
    duration run_time{-1};  // negative: timed with its span
    outcome_kind kind = outcome_kind::completed;
    bool there = false;
  };

  static constexpr std::size_t prefetch_distance = 32;  // jobs

  const bool keep_;
  spare_vector<entry> jobs_;
  adaptive_mutex making_;
  std::atomic<bool> made_{false};
  spare_vector<slot_type> results_;  // made when the first job runs: a queued job costs less
};

template <class Job, class Result, class F>
class stream_block_of final : public stream_block<Job, Result> {
public:
  stream_block_of(std::uint64_t sequence, time_point opened, bool keep, std::shared_ptr<F> f)
      : stream_block<Job, Result>(sequence, opened, keep), f_(std::move(f)) {}

  std::uint64_t run(std::uint64_t first, lane& on) noexcept override {
    return this->run_with(*f_, first, on);
  }

  void timed_out(std::uint64_t i, unsigned attempt, const caf::error& why) noexcept override {
    if constexpr (hears_of_failures<F>)
      this->tell_failure(*f_, i, attempt, why);
  }

  [[nodiscard]] std::string name_of(std::uint64_t i) const override {
    if constexpr (names_jobs<F, Job>)
      return this->keeps_jobs() ? f_->name_of(this->job(i)) : std::string{};
    else
      return {};
  }

private:
  std::shared_ptr<F> f_;
};

}  // namespace weir::detail
