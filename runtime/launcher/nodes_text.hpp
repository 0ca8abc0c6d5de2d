#pragma once

/// What a person sees of the nodes of a run, and of a node by itself.

#include <weir/actors/clock.hpp>
#include <weir/runtime/nodes/coordinator.hpp>
#include <weir/runtime/nodes/node.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::config {

[[nodiscard]] bool is_any_there(const std::vector<nodes::node_state>& all);

/// While it runs, a line for each: "node one: 3 of 16 jobs, 2 workers, 120 done, 3.10 s of work, round trip
/// 180 µs, 127.0.0.1:4711". Where none is there a line before says what waits for one: the jobs in `stages`,
/// of which there is one at least.
[[nodiscard]] std::string nodes_text(const std::vector<std::string>& stages,
                                     const std::vector<nodes::node_state>& all);

/// What each did in all, as lines of the summary: "  node one: 120 done, 3.10 s of work, 1 call lost, 2
/// workers, round trip 180 µs, 127.0.0.1:4711".
[[nodiscard]] std::string nodes_summary(const std::vector<nodes::node_state>& all);

/// For the progress line, what nodes have: "14 at 2 nodes".
[[nodiscard]] std::string nodes_progress(const std::vector<nodes::node_state>& all);

/// Of all that are there to stay.
[[nodiscard]] std::uint64_t workers_of(const std::vector<nodes::node_state>& all);

/// That there are more `workers` than the `parallelism` of `stages` in all keeps busy, and how much is
/// `enough`.
[[nodiscard]] std::string idle_text(const std::vector<std::string>& stages, std::uint64_t parallelism,
                                    std::uint64_t workers, std::uint64_t enough);

/// Whether a node has its coordinator: "connected to coordinator for 3.20 s, round trip 180 µs, 4 jobs held,
/// 120 jobs done", or "not connected for 12.0 s, 120 jobs done: can't connect: Connection refused".
[[nodiscard]] std::string node_text(const nodes::node_view& n, std::uint64_t done, time_point now);

}  // namespace weir::config
