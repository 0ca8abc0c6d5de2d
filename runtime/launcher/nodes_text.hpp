#pragma once

/// What a person sees of the nodes of a run.

#include <weir/runtime/nodes/coordinator.hpp>

#include <string>
#include <vector>

namespace weir::config {

/// While it runs, a line for each: "node one: 3 of 16 jobs, 2 workers, 120 done, 3.10 s of work, round trip
/// 180 µs, 127.0.0.1:4711".
[[nodiscard]] std::string nodes_text(const std::vector<nodes::node_state>& all);

/// What each did in all, as lines of the summary: "  node one: 120 done, 3.10 s of work, 1 call lost, 2
/// workers, round trip 180 µs, 127.0.0.1:4711".
[[nodiscard]] std::string nodes_summary(const std::vector<nodes::node_state>& all);

/// For the progress line, what nodes have: "14 at 2 nodes".
[[nodiscard]] std::string nodes_progress(const std::vector<nodes::node_state>& all);

}  // namespace weir::config
