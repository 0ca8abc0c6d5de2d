#pragma once

/// A flow that is driven by config: a source, stages, a sink; and what one run of it came to. A job of
/// a flow is one item of its source; it ends when it has passed the last stage, or failed in one.

#include <weir/actors/context.hpp>
#include <weir/actors/policy/books.hpp>
#include <weir/actors/policy/halt.hpp>
#include <weir/actors/policy/retry.hpp>
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

struct stage_plan {
  std::string name;
  task_function task;
  std::size_t parallelism = 1;
  std::size_t capacity = 0;  ///< 0: as many slots as `parallelism`
  weir::order order = weir::order::input;
  policy::retry_rule retry = {};
};

/// A flow that has been checked and is ready to run once.
struct flow_plan {
  std::string name;
  std::optional<duration> deadline;
  policy::halt_rule on_error = policy::collect;
  duration shutdown_budget = std::chrono::seconds{10};
  std::unique_ptr<weir::source> source;
  std::vector<stage_plan> stages;
  std::unique_ptr<weir::sink> sink;
  std::vector<std::string> own_files;  ///< written for the run beside its sink; no part of its input
};

/// The state of a run at an instant. The counts are jobs of the flow.
struct flow_progress {
  std::optional<std::uint64_t> total;  ///< jobs there will be, where that is known
  std::uint64_t offered = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t running = 0;  ///< in a task right now
  duration elapsed{};
};

struct flow_failure {
  std::uint64_t index = 0;
  std::string name;   ///< the item's
  std::string stage;  ///< where it failed; empty for what the source could not read
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
  };

  std::string flow;
  policy::books books;
  std::vector<stage_load> stages;
  duration elapsed{};
  duration run_p50{};
  duration run_p99{};
  std::vector<flow_failure> failures;      ///< the first `failures_kept_max` of them
  std::optional<flow_failure> root_error;  ///< the first failure in time
  std::optional<weir::cause>
      ended_by;         ///< why the run ended early: a cancel, a deadline, a halt, a closed sink
  bool halted = false;  ///< it was the flow's own rule that ended it
  std::optional<std::string> source_error;  ///< the source ended with this error
  std::optional<std::string> sink_error;    ///< the sink failed with this error
  std::vector<std::string> stragglers;  ///< jobs that were still running when the shutdown budget was spent
};

/// The documented exit code of a run: 0 all completed, or the flow's rule ended it without a failure;
/// 1 some job failed, or reading or writing did; 3 canceled or past its deadline; 70 the books do
/// not balance.
[[nodiscard]] int exit_code(const flow_summary& s) noexcept;

}  // namespace weir
