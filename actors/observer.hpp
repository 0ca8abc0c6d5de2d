#pragma once

/// The seam for who looks on as jobs run, such as a trace. A context carries an `observer` to everything that
/// is started within it; each station asks it once for a `station_observer` and tells that one of every
/// attempt and of every outcome.
///
/// Invariants: each attempt that begins is told to have ended, unless its thread never comes back; each
/// admitted job is told to have ended exactly once; `at_rest` comes after all that, once, and before anybody
/// learns that the station is at rest. Only attempts whose lane was written off may be told of later.
///
/// Nothing is called under a station's lock. The calls are on the way of the jobs, so they must be short and
/// must not wait for a job. Cost without an observer: one branch for each span of jobs. With one a span is
/// one job, so that a job costs some microseconds more.

#include <weir/actors/clock.hpp>
#include <weir/actors/policy/books.hpp>

#include <caf/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace weir {

enum class outcome_kind : std::uint8_t { completed, failed, canceled };

struct cause;

/// One execution of a job.
struct attempt {
  std::uint64_t index = 0;  ///< the job's place among all jobs of the station, from 0
  unsigned number = 1;
  std::size_t lane = 0;
  std::optional<time_point> admitted{};  ///< the job; none: with the run
  time_point begun{};
};

/// How an attempt ended.
struct attempt_end {
  enum class how_t : std::uint8_t {
    completed,
    failed,
    canceled,
    repeats,      ///< it failed, and the job is to be tried again
    not_started,  ///< the lane found that the job was no longer to be run
  } how = how_t::completed;
  time_point at{};
  caf::error why{};  ///< of one that failed, or was canceled
};

/// What became of a job.
struct job_end {
  std::uint64_t index = 0;
  unsigned attempts = 0;  ///< those that began
  outcome_kind kind = outcome_kind::completed;
  std::optional<time_point> admitted{};  ///< none: with the run
  time_point at{};
  caf::error why{};
};

class observer;

class station_observer {
public:
  virtual ~station_observer() = default;

  /// Who is told of what the tasks start in the context that they get. Asked once, as the station starts.
  [[nodiscard]] virtual std::shared_ptr<observer> of_jobs() = 0;

  /// On the lane's thread, before the task is called.
  virtual void begins(const attempt& a) noexcept = 0;

  /// On the lane's thread, after the task has returned.
  virtual void ends(const attempt& a, const attempt_end& end) noexcept = 0;

  /// On any thread.
  virtual void ends(const job_end& job) noexcept = 0;

  /// On any thread; the last call but for attempts that were written off. `why`: what ended the run early.
  virtual void at_rest(const policy::books& books, const cause* why, time_point at) noexcept = 0;
};

class observer {
public:
  virtual ~observer() = default;

  /// What is to be told of a station that starts at `at`; null: nothing. On the thread that starts it.
  [[nodiscard]] virtual std::shared_ptr<station_observer> watch(const std::string& stage, time_point at) = 0;
};

}  // namespace weir
