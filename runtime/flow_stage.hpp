#pragma once

/// The stages of a flow as streams, joined as its plan says.

#include <weir/runtime/flow_door.hpp>
#include <weir/runtime/flow_graph.hpp>
#include <weir/runtime/junction.hpp>
#include <weir/runtime/outlet.hpp>

#include <memory>
#include <vector>

namespace weir::detail {

/// Cancels what is left of its stages, and lets them go when all are at rest, which blocks at most for the
/// shutdown budget: each has those behind it, and may be gone last on a thread that carries messages, where
/// nobody must have to wait for an end.
struct flow_stages {
  std::vector<junction> sources;                  ///< for each source where its items go
  std::vector<std::shared_ptr<flow_door>> doors;  ///< into each stage, as in the plan; null until it is made

  duration shutdown_budget{};

  flow_stages() = default;
  flow_stages(flow_stages&&) = default;
  flow_stages& operator=(flow_stages&&) = default;
  ~flow_stages();
};

/// Makes the stages, from the sinks to the sources: each one's outcomes go to what the graph says, as the
/// doors there let them in. Takes the plan's tasks; `outlets` are its sinks. Throws std::invalid_argument if
/// the bounds of a stage are not valid.
[[nodiscard]] flow_stages make_flow_stages(engine& on, const context& run, flow_plan& plan,
                                           const flow_graph& joined,
                                           const std::vector<std::shared_ptr<outlet>>& outlets,
                                           const std::shared_ptr<flow_account>& account);

}  // namespace weir::detail
