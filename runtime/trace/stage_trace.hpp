#pragma once

/// How the attempts of a station become spans; and for the stations whose jobs are all there is, their jobs
/// and the run too.

#include <weir/actors/context.hpp>
#include <weir/actors/observer.hpp>
#include <weir/runtime/trace/trace_scope.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace weir::detail {

/// Sets how the span of a job says what became of it; its end is set already.
void set_outcome(span_record& of, outcome_kind kind, const caf::error& why);

/// Sets what a run's span says about its jobs.
void set_books(span_record& of, const policy::books& books, const cause* why);

/// The attempts. While one runs, its span is the innermost one of the lane's thread.
class attempt_trace : public station_observer {
public:
  /// `run`: the ids of the run's span, of whose trace the attempts are.
  attempt_trace(std::shared_ptr<tracer> to, trace_context run, std::shared_ptr<const trace_place> place)
      : to_(std::move(to)), run_(std::move(run)), place_(std::move(place)) {}

  [[nodiscard]] std::shared_ptr<observer> of_jobs() override;
  void begins(const attempt& a) noexcept override;
  void ends(const attempt& a, const attempt_end& end) noexcept override;
  void ends(const job_end& job) noexcept override;
  void at_rest(const policy::books& books, const cause* why, time_point at) noexcept override;

protected:
  /// The span of a job, which is the parent of its attempts.
  [[nodiscard]] virtual std::uint64_t job_of(std::uint64_t index) const noexcept = 0;

  [[nodiscard]] const std::shared_ptr<tracer>& to() const noexcept { return to_; }
  [[nodiscard]] span_record make(span_role role, std::string name, std::uint64_t parent, time_point begun);

  /// When the job's last attempt ended, if it waits for another one; asked once.
  [[nodiscard]] std::optional<time_point> take_wait(std::uint64_t index);
  void record_wait(std::uint64_t job, time_point from, time_point until);

private:
  const std::shared_ptr<tracer> to_;
  const trace_context run_;
  const std::shared_ptr<const trace_place> place_;
  std::mutex mutex_;
  std::map<std::uint64_t, time_point> waits_;  // of jobs that hold slots, so no more than `capacity`
};

/// A station with a run of its own: that of a pool, a stream, a parallel_map, a stage of a pipeline.
class station_trace final : public attempt_trace {
public:
  explicit station_trace(run_span run);

  using attempt_trace::ends;
  void ends(const job_end& job) noexcept override;
  void at_rest(const policy::books& books, const cause* why, time_point at) noexcept override;

private:
  [[nodiscard]] std::uint64_t job_of(std::uint64_t index) const noexcept override;

  run_span run_;
  const std::uint64_t jobs_key_;
};

/// When the job was admitted whose attempt this thread runs; nothing if it runs none, or it was with the run.
[[nodiscard]] std::optional<time_point> admission_of_this_job() noexcept;

/// Says that the attempt which this thread runs is not worth a span.
void discard_attempt() noexcept;

}  // namespace weir::detail
