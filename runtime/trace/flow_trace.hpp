#pragma once

/// The trace of a flow's run: the run, each of its items from admission to its outcome, and below these the
/// attempts of all stages.

#include <weir/runtime/flow.hpp>
#include <weir/runtime/trace/stage_trace.hpp>

#include <atomic>
#include <memory>
#include <string>

namespace weir::detail {

class flow_trace;

/// One item's span. Shared by whoever has the item; thread-safe.
class item_trace {
public:
  item_trace(std::shared_ptr<flow_trace> flow, std::uint64_t index, std::string name);

  /// Says that the attempt which this thread runs is this item's. Within the first one it learns when it was
  /// admitted, which may be long after it was read.
  void runs();

  /// The item's outcome. The first call counts.
  void ends(outcome_kind kind, const caf::error& why);

private:
  const std::shared_ptr<flow_trace> flow_;
  const std::uint64_t index_;
  const std::string name_;
  const std::uint64_t id_;
  std::atomic<time_point> admitted_;
  std::atomic<bool> has_run_{false};
  std::atomic<bool> ended_{false};
};

class flow_trace : public std::enable_shared_from_this<flow_trace> {
public:
  explicit flow_trace(run_span run) : run_(std::move(run)) {}

  /// Null if `ctx` is not traced.
  [[nodiscard]] static std::shared_ptr<flow_trace> begin(const context& ctx, const std::string& flow);

  /// The context of the run's stages: `ctx` itself if `trace` is null.
  [[nodiscard]] static context within(const std::shared_ptr<flow_trace>& trace, const context& ctx);

  /// An item that is about to be admitted; null if `trace` is.
  [[nodiscard]] static std::shared_ptr<item_trace> admit(const std::shared_ptr<flow_trace>& trace,
                                                         std::uint64_t index, const std::string& name);

  /// The end of the run, once.
  void end(const flow_summary& all);

private:
  friend class item_trace;
  class stages;

  run_span run_;
};

}  // namespace weir::detail
