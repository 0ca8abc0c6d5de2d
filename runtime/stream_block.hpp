#pragma once

/// The blocks of a stream: jobs on their way in and, in the same place, outcomes on their way to the
/// receiver.

#include <weir/actors/adaptive_mutex.hpp>
#include <weir/actors/job_block.hpp>
#include <weir/actors/lane.hpp>
#include <weir/runtime/batch_task.hpp>
#include <weir/runtime/invoke.hpp>
#include <weir/runtime/kept_job.hpp>
#include <weir/runtime/outcome.hpp>
#include <weir/runtime/prefetch.hpp>
#include <weir/runtime/runs_again.hpp>
#include <weir/runtime/spare_memory.hpp>
#include <weir/runtime/stage_hooks.hpp>

#include <caf/unit.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace weir::detail {

/// Jobs whose outcomes wait in their block until the receiver takes them. Three threads or more work on each
/// job, so what counts is how many bytes of it go from core to core: each thing has an array of its own, and
/// what only long jobs have, their times, is there only where they are.
template <class Job, class Result>
class stream_block : public job_block {
public:
  /// `keep`: a job stays after it has run, until `drop_job`.
  stream_block(std::uint64_t sequence, time_point opened, bool keep)
      : job_block(sequence, opened), keep_(keep) {}
  ~stream_block() override {
    for (std::size_t i = 0; i < ends_.size(); ++i)
      if (ends_[i] != end::none)
        forget(i);
  }

  /// Makes room for `n` jobs.
  void reserve(std::uint64_t n) { jobs_.reserve(n); }

  /// Whether the next job needs no more memory.
  [[nodiscard]] bool has_room() const noexcept { return !jobs_.full() && queued_.empty(); }

  /// Stores a job that came as the block was opened, or so short a time after that nobody asks. Needs room.
  void put(Job& job) noexcept(std::is_nothrow_move_constructible_v<Job>) {
    // The memory was last another core's: fetched some jobs ahead, it is here when its turn comes.
    prefetch_for_write(jobs_.ahead(prefetch_distance));
    jobs_.append(std::move(job));
  }

  void push(time_point queued, Job& job) {
    if (jobs_.full())
      jobs_.grow();
    if (queued != opened() || !queued_.empty())
      push_time(queued);
    put(job);
  }

  /// Job `i` as its task left it.
  [[nodiscard]] Job& job(std::uint64_t i) noexcept { return jobs_[i].get(); }
  [[nodiscard]] const Job& job(std::uint64_t i) const noexcept { return jobs_[i].get(); }
  void drop_job(std::uint64_t i) noexcept { jobs_[i].drop(); }

  [[nodiscard]] std::size_t size() const noexcept { return jobs_.size(); }

  [[nodiscard]] std::optional<time_point> admitted(std::uint64_t i) const noexcept override {
    return queued_at(i);
  }

  /// Reads the outcomes of a span, each once. It refers to the block and to the span.
  class reader {
  public:
    reader() = default;
    reader(stream_block& from, const finished_span& s)
        : from_(&from),
          span_(&s),
          plain_(!s.why && !from.timed_.load(std::memory_order_acquire) && from.queued_.empty()),
          queued_(s.how.begun - from.opened()) {}

    outcome<Result> take(std::uint64_t i) {
      // Most jobs are short, and came to an end.
      if (plain_ && from_->ends_[i] == end::value)
        return from_->completed(i, *span_, queued_, span_->how.ran);
      return from_->take(i, *span_);
    }

  private:
    stream_block* from_ = nullptr;
    const finished_span* span_ = nullptr;
    bool plain_ = false;  // no outcome has a time of its own
    duration queued_{};
  };

protected:
  template <class F>
  std::uint64_t run_with(F& f, std::uint64_t first, lane& on, batch_memory_of<F, Result>& memory) noexcept {
    if (!made_.load(std::memory_order_acquire))
      make_results();
    if constexpr (batch_task<F>)
      return run_batches(
          f, first, on, memory, [this](std::uint64_t i) -> Job& { return jobs_[i].get(); },
          [&](std::uint64_t i, caf::expected<Result>& result) { return end_attempt(f, i, result, on); });
    else
      return run_each(f, first, on);
  }

  /// Until their outcomes are taken, for a receiver that wants them.
  [[nodiscard]] bool keeps_jobs() const noexcept { return keep_; }

  template <class F>
  void tell_failure(F& f, std::uint64_t i, unsigned attempt, const caf::error& why) noexcept {
    try {
      f.failed(jobs_[i].get(), why, attempt);
    } catch (...) {
      // For want of memory; the outcome tells of it too.
    }
  }

private:
  template <class F>
  std::uint64_t run_each(F& f, std::uint64_t first, lane& on) noexcept {
    auto* const times = on.fine() ? make_times() : nullptr;
    auto i = first;
    for (auto begun = on.begun(); on.may_start(i); ++i) {
      if (!lets_start(f))
        break;
      auto result = run_task(f, on.ctx(), jobs_[i].get());
      if (!end_attempt(f, i, result, on))
        break;
      if (!times)
        continue;
      const auto ended = on.now();
      times[i] = {begun, ended - begun, true};
      begun = ended;
    }
    return i;
  }

  /// False if the job is to run again.
  template <class F>
  [[gnu::always_inline]] bool end_attempt(F& f, std::uint64_t i, caf::expected<Result>& result,
                                          lane& on) noexcept {
    if (on.overran())
      result = on.timeout_error();
    if (!result && runs_again<F, Job>(on, result))
      return false;
    keep(i, result, on);
    if constexpr (hears_of_failures<F>)
      if (ends_[i] == end::failed)
        tell_failure(f, i, on.attempt(), contents_[i].why);
    if (!keep_ && !on.limited())
      jobs_[i].drop();
    return true;
  }

  enum class end : std::uint8_t { none, value, failed, canceled };

  union content {
    content() {}
    ~content() {}
    Result value;
    caf::error why;
  };

  struct time_span {
    time_point begun{};
    duration ran{};
    bool there = false;
  };

  [[nodiscard]] time_point queued_at(std::uint64_t i) const noexcept {
    return queued_.empty() ? opened() : queued_[i];
  }

  [[gnu::noinline]] void push_time(time_point queued) {
    // Also forgets the time of a job that did not come.
    queued_.resize(jobs_.size(), opened());
    queued_.push_back(queued);
  }

  [[gnu::noinline]] void make_results() {
    const std::lock_guard guard{making_};
    if (made_.load(std::memory_order_relaxed))
      return;
    contents_ = spare_vector<content>(jobs_.size());
    ends_.resize(jobs_.size(), end::none);
    made_.store(true, std::memory_order_release);
  }

  [[gnu::noinline]] time_span* make_times() {
    const std::lock_guard guard{making_};
    if (!timed_.load(std::memory_order_relaxed)) {
      times_.resize(jobs_.size());
      timed_.store(true, std::memory_order_release);
    }
    return times_.data();
  }

  outcome<Result> completed(std::uint64_t i, const finished_span& s, duration queued, duration ran) {
    return {
        sequence() + i, s.how.attempt, queued, ran, outcome_kind::completed, std::move(contents_[i].value)};
  }

  [[gnu::noinline]] outcome<Result> take(std::uint64_t i, const finished_span& s) {
    const auto index = sequence() + i;
    const auto& how = s.how;
    if (s.why) {
      const auto queued = how.begun == time_point{} ? duration::zero() : how.begun - queued_at(i);
      return {index, how.attempt, queued, how.ran, how.kind, *s.why};
    }
    const auto* const own = timed_.load(std::memory_order_acquire) && times_[i].there ? &times_[i] : nullptr;
    const auto ran = own ? own->ran : how.ran;
    const auto queued = (own ? own->begun : how.begun) - queued_at(i);
    if (ends_[i] == end::value)
      return completed(i, s, queued, ran);
    const auto kind = ends_[i] == end::failed ? outcome_kind::failed : outcome_kind::canceled;
    return {index, how.attempt, queued, ran, kind, std::move(contents_[i].why)};
  }

  void keep(std::uint64_t i, caf::expected<Result>& result, lane& on) noexcept {
    auto& here = contents_[i];
    if (result) {
      // CAF has no value to refer to where there is none.
      if constexpr (std::same_as<Result, caf::unit_t>)
        std::construct_at(std::addressof(here.value));
      else
        std::construct_at(std::addressof(here.value), std::move(*result));
      ends_[i] = end::value;
      return;
    }
    std::construct_at(&here.why, std::move(result.error()));
    ends_[i] = on.ended_with(i, here.why) == outcome_kind::failed ? end::failed : end::canceled;
  }

  void forget(std::size_t i) noexcept {
    if (ends_[i] == end::value)
      std::destroy_at(std::addressof(contents_[i].value));
    else
      std::destroy_at(&contents_[i].why);
  }

  static constexpr std::size_t prefetch_distance = 64;  // jobs

  const bool keep_;
  spare_array<kept_job<Job>> jobs_;
  spare_vector<time_point> queued_;  // of each; empty: all came as the block was opened
  // Made when the first job runs: a queued job costs less.
  adaptive_mutex making_;
  std::atomic<bool> made_{false};
  std::atomic<bool> timed_{false};
  spare_vector<content> contents_;
  spare_vector<end> ends_;
  spare_vector<time_span> times_;
};

template <class Job, class Result, class F>
class stream_block_of final : public stream_block<Job, Result> {
public:
  stream_block_of(std::uint64_t sequence, time_point opened, bool keep, std::shared_ptr<F> f)
      : stream_block<Job, Result>(sequence, opened, keep), f_(std::move(f)) {}

  std::uint64_t run(std::uint64_t first, lane& on) noexcept override {
    return this->run_with(*f_, first, on, memory_);
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
  [[no_unique_address]] batch_memory_of<F, Result> memory_;
};

}  // namespace weir::detail
