#include <weir/runtime/flow_graph.hpp>

#include <algorithm>
#include <numeric>

namespace weir::detail {

namespace {

using nodes = std::vector<std::size_t>;

nodes from_on(std::size_t first, std::size_t count) {
  nodes all(count);
  std::iota(all.begin(), all.end(), first);
  return all;
}

nodes or_default(const nodes& given, nodes otherwise) {
  return given.empty() ? std::move(otherwise) : given;
}

}  // namespace

policy::graph graph_of(const flow_plan& plan) {
  const auto sources = plan.sources.size();
  const auto stages = plan.stages.size();
  policy::graph g{sources + stages + plan.sinks.size()};
  for (std::size_t i = 0; i < stages; ++i)
    for (const auto up :
         or_default(plan.stages[i].from, i == 0 ? from_on(0, sources) : nodes{sources + i - 1}))
      g.join(up, sources + i);
  for (std::size_t i = 0; i < plan.sinks.size(); ++i)
    for (const auto up : or_default(plan.sinks[i].from, {sources + stages - 1}))
      g.join(up, sources + stages + i);
  return g;
}

caf::error check_graph(const flow_plan& plan, const policy::graph& g) {
  const auto sources = plan.sources.size();
  const auto sinks = plan.sinks.size();
  const auto first_sink = g.size() - sinks;
  if (!g.cycles(1).empty())
    return make_error(ec::invalid_option, "flow " + plan.name + " has a cycle, which could lock up");
  const auto reached = g.reached_from(from_on(0, sources));
  const auto leading = g.leading_to(from_on(first_sink, sinks));
  for (std::size_t n = 0; n < g.size(); ++n)
    if (!reached[n] || !leading[n])
      return make_error(ec::invalid_option, "flow " + plan.name + ": node " + std::to_string(n) +
                                                " is on no way from a source to a sink");
  for (auto n = first_sink; n < g.size(); ++n)
    if (std::any_of(g.upstreams(n).begin(), g.upstreams(n).end(), [&](auto up) { return up < sources; }))
      return make_error(ec::invalid_option, "flow " + plan.name + ": a sink needs a stage before it");
  return {};
}

}  // namespace weir::detail
