#include <weir/runtime/trace/stage_trace.hpp>
#include <weir/runtime/trace/trace_span.hpp>

#include <cstdint>
#include <forward_list>
#include <optional>
#include <utility>

namespace weir::detail {

namespace {

/// What this thread runs as a lane.
struct running_attempt {
  const attempt_trace* of = nullptr;
  std::uint64_t index = 0;
  open_span open;
  std::optional<time_point> admitted;
  std::optional<time_point> waited_since;
  bool discarded = false;
};

/// The innermost one first: who calls parallel_map in an attempt is a lane of that run meanwhile.
thread_local std::forward_list<running_attempt> attempts_of_this_thread;

/// The innermost one, if it is that; null if there was no memory for it.
running_attempt* find(const attempt_trace& of, const attempt& a) {
  if (attempts_of_this_thread.empty())
    return nullptr;
  auto& innermost = attempts_of_this_thread.front();
  return innermost.of == &of && innermost.index == a.index ? &innermost : nullptr;
}

const char* name_of(outcome_kind kind) {
  return kind == outcome_kind::completed ? "completed" : kind == outcome_kind::failed ? "failed" : "canceled";
}

const char* name_of(attempt_end::how_t how) {
  switch (how) {
    case attempt_end::how_t::completed:
      return "completed";
    case attempt_end::how_t::failed:
      return "failed";
    case attempt_end::how_t::repeats:
      return "failed, to be tried again";
    case attempt_end::how_t::canceled:
    case attempt_end::how_t::not_started:
      break;
  }
  return "canceled";
}

span_value number(std::uint64_t n) {
  return static_cast<std::int64_t>(n);
}

}  // namespace

void set_outcome(span_record& of, outcome_kind kind, const caf::error& why) {
  of.set("weir.outcome", name_of(kind));
  if (kind == outcome_kind::completed)
    of.status = span_status::ok;
  else if (kind == outcome_kind::failed)
    of.fail(why, of.ended);
  else
    of.set("weir.cause", text_of(why));
}

void set_books(span_record& of, const policy::books& books, const cause* why) {
  of.set("weir.admitted", number(books.admitted));
  of.set("weir.completed", number(books.completed));
  of.set("weir.failed", number(books.failed));
  of.set("weir.canceled", number(books.canceled));
  of.set("weir.rejected", number(books.rejected));
  if (why)
    of.set("weir.ended_by", to_string(*why));
  if (books.failed > 0) {
    of.status = span_status::error;
    of.message = std::to_string(books.failed) + (books.failed == 1 ? " job failed" : " jobs failed");
  } else if (!why) {
    of.status = span_status::ok;
  }
}

std::optional<time_point> admission_of_this_job() noexcept {
  return attempts_of_this_thread.empty() ? std::nullopt : attempts_of_this_thread.front().admitted;
}

void discard_attempt() noexcept {
  if (!attempts_of_this_thread.empty())
    attempts_of_this_thread.front().discarded = true;
}

// -- attempts -------------------------------------------------------------------------------------

span_record attempt_trace::make(span_role role, std::string name, std::uint64_t parent, time_point begun) {
  span_record s;
  s.at = run_;
  s.at.span = to_->new_id();
  s.parent = parent;
  s.role = role;
  s.name = std::move(name);
  s.begun = begun;
  s.place = place_;
  return s;
}

std::optional<time_point> attempt_trace::take_wait(std::uint64_t index) {
  std::lock_guard guard{mutex_};
  const auto gone = waits_.extract(index);
  return gone.empty() ? std::nullopt : std::optional{gone.mapped()};
}

void attempt_trace::record_wait(std::uint64_t job, time_point from, time_point until) {
  auto wait = make(span_role::wait, "wait", job, from);
  wait.ended = until;
  to_->record(std::move(wait));
}

/// A task's own thread is within its attempt; for other threads it is a part of the run.
std::shared_ptr<observer> attempt_trace::of_jobs() {
  return std::make_shared<trace_scope>(to_, run_);
}

void attempt_trace::begins(const attempt& a) noexcept {
  try {
    auto& mine = attempts_of_this_thread.emplace_front();
    mine.of = this;
    mine.index = a.index;
    if (a.number > 1)
      mine.waited_since = take_wait(a.index);
    mine.admitted = a.admitted;
    mine.open.to = to_;
    auto& span = mine.open.span;
    span = make(span_role::attempt, place_->stage, job_of(a.index), a.begun);
    span.lane = a.lane;
    span.set("weir.index", number(a.index));
    span.set("weir.attempt", number(a.number));
    span.set("weir.lane", number(a.lane));
    mine.open.outer = std::exchange(innermost_span(), &mine.open);
  } catch (...) {
    // For want of memory: without a span.
    if (find(*this, a))
      attempts_of_this_thread.pop_front();
  }
}

void attempt_trace::ends(const attempt& a, const attempt_end& end) noexcept {
  auto* const mine = find(*this, a);
  if (!mine)
    return;
  innermost_span() = mine->open.outer;
  try {
    auto& span = mine->open.span;
    span.ended = end.at;
    if (end.how == attempt_end::how_t::repeats) {
      std::lock_guard guard{mutex_};
      waits_[a.index] = end.at;
    }
    if (const auto since = mine->waited_since)
      record_wait(span.parent, *since, span.begun);
    if (!mine->discarded && end.how != attempt_end::how_t::not_started) {
      span.set("weir.outcome", name_of(end.how));
      if (end.how == attempt_end::how_t::completed)
        span.status = span_status::ok;
      else if (end.how == attempt_end::how_t::canceled)
        span.set("weir.cause", text_of(end.why));
      else
        span.fail(end.why, end.at);
      to_->record(std::move(span));
    }
  } catch (...) {
    // For want of memory.
  }
  attempts_of_this_thread.pop_front();
}

void attempt_trace::ends(const job_end& job) noexcept {
  static_cast<void>(take_wait(job.index));
}

void attempt_trace::at_rest(const policy::books&, const cause*, time_point) noexcept {}

// -- stations with jobs of their own --------------------------------------------------------------

station_trace::station_trace(run_span run)
    : attempt_trace(run.to, run.span.at, run.span.place),
      run_(std::move(run)),
      jobs_key_(run_.to->new_id()) {}

/// Of each job the same whenever it is asked for, so that nothing has to be kept for it.
std::uint64_t station_trace::job_of(std::uint64_t index) const noexcept {
  return tracer::derived_id(jobs_key_, index);
}

void station_trace::ends(const job_end& job) noexcept {
  try {
    const auto id = job_of(job.index);
    if (const auto since = take_wait(job.index))
      record_wait(id, *since, job.at);
    auto span = make(span_role::job, run_.span.name + " job", run_.span.at.span,
                     job.admitted.value_or(run_.span.begun));
    span.at.span = id;
    span.ended = job.at;
    span.set("weir.index", number(job.index));
    span.set("weir.attempts", number(job.attempts));
    set_outcome(span, job.kind, job.why);
    to()->record(std::move(span));
  } catch (...) {
    // For want of memory.
  }
}

void station_trace::at_rest(const policy::books& books, const cause* why, time_point at) noexcept {
  try {
    run_.span.ended = at;
    set_books(run_.span, books, why);
    to()->record(std::move(run_.span));
  } catch (...) {
    // For want of memory.
  }
}

}  // namespace weir::detail
