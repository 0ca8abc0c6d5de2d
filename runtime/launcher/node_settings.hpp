#pragma once

/// The keys by which a flow and a node meet: `[nodes]` of a flow file, `[node]` of a node's file.

#include <weir/runtime/link/link_options.hpp>
#include <weir/runtime/nodes/node.hpp>
#include <weir/runtime/settings.hpp>

#include <string>
#include <vector>

namespace weir::config {

/// The keys of `[nodes]`, with which a flow has nodes do stages for it.
[[nodiscard]] const std::vector<setting_spec>& nodes_specs();

/// The keys of `[node]`, with which a process does stages for a flow.
[[nodiscard]] const std::vector<setting_spec>& node_specs();

/// Where a flow meets its nodes.
struct meeting_place {
  link::link_options link;
  std::string listen;  ///< "host:port"
};
[[nodiscard]] meeting_place meeting_place_of(const settings& values);

struct node_plan {
  nodes::node_options options;
  std::vector<std::string> tasks;  ///< the names of those that it does
};
[[nodiscard]] node_plan node_plan_of(const settings& values);

}  // namespace weir::config
