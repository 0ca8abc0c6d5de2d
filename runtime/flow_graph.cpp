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

nodes or_default(const nodes& given, const nodes& otherwise) {
  return given.empty() ? otherwise : given;
}

bool is_redirected_to(const flow_plan& plan, std::size_t n) {
  return std::any_of(plan.stages.begin(), plan.stages.end(),
                     [n](const stage_plan& s) { return s.redirect_to == n; });
}

/// What feeds stage `i` if it does not say so.
nodes default_upstreams(const flow_plan& plan, std::size_t i) {
  const auto sources = plan.sources.size();
  if (is_redirected_to(plan, sources + i))
    return {};
  return i == 0 ? from_on(0, sources) : nodes{sources + i - 1};
}

policy::graph outcomes_of(const flow_plan& plan) {
  const auto sources = plan.sources.size();
  const auto stages = plan.stages.size();
  policy::graph g{sources + stages + plan.sinks.size()};
  for (std::size_t i = 0; i < stages; ++i)
    for (const auto up : or_default(plan.stages[i].from, default_upstreams(plan, i)))
      g.join(up, sources + i);
  for (std::size_t i = 0; i < plan.sinks.size(); ++i)
    for (const auto up : or_default(plan.sinks[i].from, {sources + stages - 1}))
      g.join(up, sources + stages + i);
  return g;
}

caf::error check_redirects(const flow_plan& plan) {
  const auto first_stage = plan.sources.size();
  const auto first_sink = first_stage + plan.stages.size();
  for (const auto& s : plan.stages) {
    if ((s.overflow == policy::overflow::redirect) != s.redirect_to.has_value())
      return make_error(ec::invalid_option,
                        "flow " + plan.name + ": stage " + s.name +
                            ": overflow redirect and redirect_to go together; one is missing");
    if (s.redirect_to && (*s.redirect_to < first_stage || *s.redirect_to >= first_sink))
      return make_error(ec::invalid_option, "flow " + plan.name + ": stage " + s.name +
                                                " redirects to something that is no stage");
  }
  return {};
}

}  // namespace

flow_graph graph_of(const flow_plan& plan) {
  const auto outcomes = outcomes_of(plan);
  auto jobs = outcomes;
  for (std::size_t i = 0; i < plan.stages.size(); ++i)
    if (const auto to = plan.stages[i].redirect_to)
      jobs.join(plan.sources.size() + i, *to);
  return {outcomes, std::move(jobs)};
}

caf::error check_graph(const flow_plan& plan, const flow_graph& g) {
  const auto sources = plan.sources.size();
  const auto sinks = plan.sinks.size();
  const auto size = g.jobs.size();
  const auto first_sink = size - sinks;
  if (auto problem = check_redirects(plan))
    return problem;
  if (!g.jobs.cycles(1).empty())
    return make_error(ec::invalid_option, "flow " + plan.name + " has a cycle, which could lock up");
  const auto reached = g.jobs.reached_from(from_on(0, sources));
  const auto leading = g.outcomes.leading_to(from_on(first_sink, sinks));
  for (std::size_t n = 0; n < size; ++n)
    if (!reached[n] || !leading[n])
      return make_error(ec::invalid_option, "flow " + plan.name + ": node " + std::to_string(n) +
                                                " is on no way from a source to a sink");
  for (auto n = first_sink; n < size; ++n) {
    const auto& up = g.outcomes.upstreams(n);
    if (std::any_of(up.begin(), up.end(), [&](auto u) { return u < sources; }))
      return make_error(ec::invalid_option, "flow " + plan.name + ": a sink needs a stage before it");
  }
  return {};
}

}  // namespace weir::detail
