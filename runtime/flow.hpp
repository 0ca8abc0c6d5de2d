#pragma once

/// A flow that is driven by config: sources, stages and sinks, joined to a graph; and what one run of it came
/// to. A job of a flow is one item of a source. Where it is handed on to several stages or sinks it goes on
/// as so many copies, and ends when all of them have: completed if all were, else failed if one did.

#include <weir/actors/context.hpp>
#include <weir/actors/policy/books.hpp>
#include <weir/actors/policy/halt.hpp>
#include <weir/actors/policy/overflow.hpp>
#include <weir/actors/policy/rate_limit.hpp>
#include <weir/actors/policy/retry.hpp>
#include <weir/actors/policy/timeouts.hpp>
#include <weir/runtime/flow_key.hpp>
#include <weir/runtime/order.hpp>
#include <weir/runtime/sink.hpp>
#include <weir/runtime/source.hpp>
#include <weir/runtime/task.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

/// How what leads to several stages or sinks hands its jobs on.
enum class fan_out : std::uint8_t {
  broadcast,  ///< each to all of them; the slowest holds up the others
  balance,    ///< each to one stage, which has room for it and the fewest jobs for each that it runs at once
};

struct source_plan {
  std::string name;
  std::unique_ptr<weir::source> source;
  weir::fan_out fan_out = weir::fan_out::broadcast;
};

struct stage_plan {
  std::string name;
  task_function task;
  std::size_t parallelism = 1;  ///< jobs at once, or batches
  std::size_t capacity = 0;     ///< 0: as many slots as `parallelism`
  weir::order order = weir::order::input;
  policy::retry_rule retry = {};
  policy::timeouts timeouts = {};
  policy::rate_rule rate = {};
  /// Jobs of one key run one after the other, in the order in which they came; none: each for itself.
  std::optional<flow_key> key = {};
  /// What becomes of a job for which it has no slot.
  policy::overflow overflow = policy::overflow::block;
  /// The stage, counted as below, that gets it if that is `redirect`, and does with it as its own `overflow`
  /// says.
  std::optional<std::size_t> redirect_to = {};
  /// What feeds it: sources count from 0, stages go on from there. None: if others redirect to it, only they;
  /// else the stage before it in the plan; the first stage: every source.
  std::vector<std::size_t> from = {};
  weir::fan_out fan_out = weir::fan_out::broadcast;
  /// Does its jobs, instead of `task`; null: `task` does.
  batch_function elsewhere = {};
};

struct sink_plan {
  std::string name;
  std::unique_ptr<weir::sink> sink;
  std::vector<std::size_t> from = {};  ///< stages, counted as above; none: the last one of the plan
};

/// A flow that has been checked and is ready to run once.
struct flow_plan {
  std::string name;
  std::optional<duration> deadline;
  policy::halt_rule on_error = policy::collect;
  duration shutdown_budget = std::chrono::seconds{10};
  /// Logs what stages hold and wait for in which for so long no job has begun or ended, though there are
  /// some; none: only where nobody is at work.
  std::optional<duration> stall_after = {};
  std::vector<source_plan> sources;
  std::vector<stage_plan> stages;
  std::vector<sink_plan> sinks;
  std::vector<std::string> own_files;  ///< written for the run beside its sinks; no part of its input
};

/// The state of a run at an instant. The counts are jobs of the flow.
struct flow_progress {
  std::optional<std::uint64_t> total;  ///< jobs there will be, where that is known
  std::uint64_t offered = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t dropped = 0;  ///< ended where a stage was full
  std::uint64_t running = 0;  ///< in a task right now
  duration elapsed{};
};

struct flow_failure {
  std::uint64_t index = 0;
  std::string name;   ///< the item's
  std::string stage;  ///< where it failed first; empty for what the source could not read
  std::string text;
  unsigned attempt = 1;  ///< the last one; 0 for what the source could not read
  double run_seconds = 0;
};

/// What a run came to. `offered = admitted + rejected`, `admitted = completed + failed + canceled`.
struct flow_summary {
  static constexpr std::size_t failures_kept_max = 1000;

  struct stage_load {
    std::string name;
    std::size_t parallelism = 0;
    std::uint64_t peak_running = 0;
    // Of copies for which it had no slot.
    std::uint64_t dropped = 0;     ///< went no further
    std::uint64_t redirected = 0;  ///< went to another stage
  };

  struct source_load {
    std::string name;
    std::uint64_t read = 0;  ///< items that it gave
  };

  struct sink_load {
    std::string name;
    std::uint64_t taken = 0;  ///< outcomes that it took
  };

  std::string flow;
  policy::books books;
  std::uint64_t dropped = 0;  ///< jobs among the canceled ones that are so only as a stage was full
  std::vector<source_load> sources;
  std::vector<stage_load> stages;
  std::vector<sink_load> sinks;
  duration elapsed{};
  duration run_p50{};  ///< of a job's time in all tasks; of its longest copy, where it had several
  duration run_p99{};
  std::vector<flow_failure> failures;      ///< the first `failures_kept_max` of them
  std::optional<flow_failure> root_error;  ///< the first failure in time
  std::optional<weir::cause>
      ended_by;         ///< why the run ended early: a cancel, a deadline, a halt, a closed sink
  bool halted = false;  ///< it was the flow's own rule that ended it
  /// A source ended with this error, a sink failed with this one; after the name where there are several.
  std::optional<std::string> source_error;
  std::optional<std::string> sink_error;
  std::vector<std::string> stragglers;  ///< jobs that were still running when the shutdown budget was spent
};

/// The documented exit code of a run: 0 all completed or were dropped, or the flow's rule ended it without a
/// failure; 1 some job failed, or reading or writing did; 3 canceled or past its deadline; 70 the books do
/// not balance.
[[nodiscard]] int exit_code(const flow_summary& s) noexcept;

}  // namespace weir
