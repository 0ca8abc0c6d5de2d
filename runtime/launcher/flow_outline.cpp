#include <weir/runtime/launcher/flow_outline.hpp>
#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/place.hpp>

namespace weir::config {

namespace {

/// Each part comes from the one before it, and from nowhere else.
bool is_row(const flow_outline& flow) {
  for (std::size_t i = 0; i < flow.parts.size(); ++i)
    if (flow.parts[i].from != (i == 0 ? std::vector<std::size_t>{} : std::vector{i - 1}) ||
        flow.parts[i].redirect_to)
      return false;
  return true;
}

std::string with_details(const flow_outline::part& p) {
  auto inside = p.details;
  if (p.name != p.kind)
    inside.insert(inside.begin(), (p.is == flow_part::stage ? "task " : "kind ") + p.kind);
  return printable(p.name) + (inside.empty() ? "" : " (" + joined(inside) + ")");
}

/// The ways by which outcomes are handed on.
policy::graph outcomes(const flow_outline& flow) {
  policy::graph g{flow.parts.size()};
  for (std::size_t i = 0; i < flow.parts.size(); ++i)
    for (const auto up : flow.parts[i].from)
      g.join(up, i);
  return g;
}

/// Nothing where a part leads to one other only.
std::string fan_out_text(const flow_outline::part& p, std::size_t downstreams) {
  if (downstreams < 2)
    return {};
  return p.fan_out == fan_out::balance ? "balance" : "broadcast";
}

}  // namespace

policy::graph flow_outline::joined() const {
  auto g = outcomes(*this);
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (const auto to = parts[i].redirect_to)
      g.join(i, *to);
  return g;
}

std::vector<flow_outline::arrow> flow_outline::arrows() const {
  const auto g = outcomes(*this);
  std::vector<arrow> all;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto how = fan_out_text(parts[i], g.downstreams(i).size());
    for (const auto down : g.downstreams(i))
      all.push_back({i, down, how, how == "balance"});
    if (const auto to = parts[i].redirect_to)
      all.push_back({i, *to, "when full", true});
  }
  return all;
}

std::string describe(const flow_outline& flow) {
  auto text = "flow " + quoted(flow.flow) + ":";
  if (is_row(flow)) {
    for (const auto& p : flow.parts)
      text += (&p == &flow.parts.front() ? " " : " -> ") + with_details(p);
    return text;
  }
  const auto g = outcomes(flow);
  for (std::size_t i = 0; i < flow.parts.size(); ++i) {
    const auto& p = flow.parts[i];
    std::vector<std::string> to;
    for (const auto down : g.downstreams(i))
      to.push_back(printable(flow.parts[down].name));
    const auto how = fan_out_text(p, to.size());
    text += "\n  " + with_details(p) + (to.empty() ? "" : " -> " + config::joined(to)) +
            (how.empty() ? "" : " (" + how + ")");
    if (p.redirect_to)
      text += ", when full -> " + printable(flow.parts[*p.redirect_to].name);
  }
  return text;
}

}  // namespace weir::config
