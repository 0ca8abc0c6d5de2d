#include <weir/actors/policy/wait_graph.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace weir::policy {

std::vector<std::uint64_t> find_deadlock(std::uint64_t start,
                                         const std::function<awaited_nodes(std::uint64_t)>& look) {
  std::map<std::uint64_t, awaited_nodes> nodes;
  for (std::vector<std::uint64_t> open{start}; !open.empty();) {
    const auto n = open.back();
    open.pop_back();
    if (nodes.contains(n))
      continue;
    const auto& found = nodes[n] = look(n);
    open.insert(open.end(), found.of.begin(), found.of.end());
  }
  // Those that can go on, until no more are found.
  std::set<std::uint64_t> live;
  const auto is_live = [&live](std::uint64_t n) { return live.contains(n); };
  for (auto changed = true; changed;) {
    changed = false;
    for (const auto& [n, waits] : nodes) {
      if (is_live(n))
        continue;
      const auto goes_on =
          waits.how == awaited_nodes::how_t::nothing ||
          (waits.how == awaited_nodes::how_t::any ? std::any_of(waits.of.begin(), waits.of.end(), is_live)
                                                  : std::all_of(waits.of.begin(), waits.of.end(), is_live));
      if (goes_on)
        changed = live.insert(n).second;
    }
  }
  std::vector<std::uint64_t> path;
  if (is_live(start))
    return path;
  for (auto n = start;;) {
    const auto again = std::find(path.begin(), path.end(), n) != path.end();
    path.push_back(n);
    const auto& of = nodes[n].of;
    const auto next = std::find_if_not(of.begin(), of.end(), is_live);
    if (again || next == of.end())
      return path;
    n = *next;
  }
}

}  // namespace weir::policy
