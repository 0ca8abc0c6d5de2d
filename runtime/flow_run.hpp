#pragma once

/// One run of a flow: a thread reads each source, each stage is a stream, and its receiver hands on to the
/// stages and sinks behind it. Who is full makes those before it wait, back to the sources, or turns jobs
/// away as its `overflow` says; so memory is bounded by the capacities of the stages, however slow a sink is.
/// As no way leads back, not from a full stage to another either, somebody can always go on.
///
/// The way to rest is one for the whole run: once its intake or its context is canceled, draining,
/// canceling and writing off share the plan's `shutdown_budget`.

#include <weir/runtime/flow.hpp>

#include <functional>
#include <memory>
#include <string>

namespace weir {

class engine;

/// How a caller steers a run and learns of its failures.
struct flow_control {
  /// Called once for each failure, on the thread that reads a source or hands outcomes on. It may block: then
  /// the run waits.
  std::function<void(const flow_failure&)> on_failure;
  /// Once canceled, the sources are no longer read; what was admitted runs to its end, as long as the
  /// shutdown budget lasts. Cancel the run's context to stop that too.
  context intake = context::background();
  /// Lines that a report of stages without progress ends with: what else is known of their jobs. Called on a
  /// thread of the clock's; none: there is nothing to add.
  std::function<std::string()> stall_note = {};
};

class flow_run {
public:
  /// Starts the run. Canceling `ctx` ends it early. Throws std::invalid_argument if a stage's bounds
  /// are not valid or the plan is no graph from sources to sinks, std::system_error if the system has no
  /// thread left.
  flow_run(engine& on, const context& ctx, flow_plan plan, flow_control control = {});

  /// Cancels what is left and waits for the end.
  ~flow_run();

  flow_run(const flow_run&) = delete;
  flow_run& operator=(const flow_run&) = delete;

  /// The state at this instant. Does not block for long.
  [[nodiscard]] flow_progress look() const;

  /// Blocks until the run has ended, at most for `timeout` of real time; true if it has.
  [[nodiscard]] bool wait_for(duration timeout) const;

  /// Blocks until the run has ended. Its books balance. To be called once.
  [[nodiscard]] flow_summary wait();

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Runs a flow to its end. Blocks the calling thread.
[[nodiscard]] flow_summary run_flow(engine& on, const context& ctx, flow_plan plan,
                                    flow_control control = {});

}  // namespace weir
