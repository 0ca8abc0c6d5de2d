#pragma once

/// What the parts of a run share: its counts, its failures, its rule for ending early. Owned together by
/// the run, the tasks of its stages and their receivers, so that one that was written off may still
/// touch it when the run has gone.

#include <weir/actors/context.hpp>
#include <weir/actors/policy/duration_histogram.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/flow_run.hpp>
#include <weir/runtime/halt_gate.hpp>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace weir::detail {

class flow_account {
public:
  flow_account(policy::halt_rule rule, std::function<void(const flow_failure&)> on_failure,
               halt_gate::end_function end)
      : on_failure_(std::move(on_failure)), halt_(rule, std::move(end)) {}

  /// As `halt_gate`'s.
  [[nodiscard]] bool lets_start() const { return halt_.lets_start(); }

  // -- as a job ends in a task, on its lane ---------------------------------------------------------

  /// A job has passed the last stage's task.
  void passed();

  /// A job has failed; the first one is the root error.
  void failed(const flow_failure& f);

  // -- as its outcome is handed over, by the receivers -----------------------------------------------

  void count_completed(duration run_time);
  void count_failed(flow_failure f, duration run_time);
  void count_canceled();
  void count_dropped();

  /// A job that did not stop; it is counted by itself.
  void name_straggler(std::string name);

  // -- looking on ------------------------------------------------------------------------------------

  [[nodiscard]] std::uint64_t live_completed() const noexcept { return live_completed_.load(); }
  [[nodiscard]] std::uint64_t live_failed() const noexcept { return live_failed_.load(); }
  [[nodiscard]] std::uint64_t live_dropped() const noexcept { return live_dropped_.load(); }

  /// Fills in the outcomes, the failures and the quantiles. Of the admitted jobs those whose receiver did
  /// not come back count as canceled.
  void close(flow_summary& into) const;

private:
  std::atomic<std::uint64_t> live_completed_{0};
  std::atomic<std::uint64_t> live_failed_{0};
  std::atomic<std::uint64_t> live_dropped_{0};
  const std::function<void(const flow_failure&)> on_failure_;
  halt_gate halt_;

  mutable sync::mutex mutex_;
  policy::books ended_;
  policy::duration_histogram run_times_;
  std::vector<flow_failure> failures_;
  std::optional<flow_failure> root_;
  std::vector<std::string> stragglers_;
};

}  // namespace weir::detail
