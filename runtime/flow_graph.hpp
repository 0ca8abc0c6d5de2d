#pragma once

/// The plan of a flow as a graph.

#include <weir/actors/policy/graph.hpp>
#include <weir/runtime/flow.hpp>

namespace weir::detail {

/// Sources count from 0, then stages, then sinks, each as in the plan.
struct flow_graph {
  policy::graph outcomes;  ///< the ways by which outcomes are handed on
  policy::graph jobs;      ///< all ways that a job may take: with those from a full stage to another
};

/// What has no `from` gets its upstreams as flow.hpp says.
[[nodiscard]] flow_graph graph_of(const flow_plan& plan);

/// `ec::invalid_option` unless every way leads from a source by at least one stage to a sink, and none back
/// to where it was.
[[nodiscard]] caf::error check_graph(const flow_plan& plan, const flow_graph& g);

}  // namespace weir::detail
