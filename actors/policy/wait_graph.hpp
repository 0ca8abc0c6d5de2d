#pragma once

/// Who waits for whom, and whether a wait can end. Nodes wait for any or for all of others, so a job that any
/// worker could run is told apart from one that a certain worker runs. A node that can never go on is part
/// of, or waits for, a knot (Holt 1972, "Some deadlock properties of computer systems").

#include <cstdint>
#include <functional>
#include <vector>

namespace weir::policy {

/// What a node waits for.
struct awaited_nodes {
  enum class how_t : std::uint8_t {
    nothing,  ///< it goes on by itself
    any,
    all,
  } how = how_t::nothing;
  std::vector<std::uint64_t> of = {};
};

/// Whether `start` can ever go on; `look` is asked once for each node that matters. Empty if it can. Else a
/// path of nodes that can't, each waiting for the next one, which ends with the second time that one of them
/// comes: from there on it is a cycle. One without successors ends the path. Costs O(nodes + edges) for each
/// node that turns out to be able to go on.
[[nodiscard]] std::vector<std::uint64_t> find_deadlock(
    std::uint64_t start, const std::function<awaited_nodes(std::uint64_t)>& look);

}  // namespace weir::policy
