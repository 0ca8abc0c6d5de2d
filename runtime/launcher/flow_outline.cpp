#include <weir/runtime/launcher/flow_outline.hpp>
#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/place.hpp>

namespace weir::config {

namespace {

/// Each part comes from the one before it.
bool is_row(const flow_outline& flow) {
  for (std::size_t i = 0; i < flow.parts.size(); ++i)
    if (flow.parts[i].from != (i == 0 ? std::vector<std::size_t>{} : std::vector{i - 1}))
      return false;
  return true;
}

std::string with_details(const flow_outline::part& p) {
  auto inside = p.details;
  if (p.name != p.kind)
    inside.insert(inside.begin(), (p.is == flow_part::stage ? "task " : "kind ") + p.kind);
  return printable(p.name) + (inside.empty() ? "" : " (" + joined(inside) + ")");
}

}  // namespace

policy::graph flow_outline::joined() const {
  policy::graph g{parts.size()};
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (const auto up : parts[i].from)
      g.join(up, i);
  return g;
}

std::string fan_out_text(const flow_outline::part& p, std::size_t downstreams) {
  if (downstreams < 2)
    return {};
  return p.fan_out == fan_out::balance ? "balance" : "broadcast";
}

std::string describe(const flow_outline& flow) {
  auto text = "flow " + quoted(flow.flow) + ":";
  if (is_row(flow)) {
    for (const auto& p : flow.parts)
      text += (&p == &flow.parts.front() ? " " : " -> ") + with_details(p);
    return text;
  }
  const auto g = flow.joined();
  for (std::size_t i = 0; i < flow.parts.size(); ++i) {
    const auto& p = flow.parts[i];
    std::vector<std::string> to;
    for (const auto down : g.downstreams(i))
      to.push_back(printable(flow.parts[down].name));
    const auto how = fan_out_text(p, to.size());
    text += "\n  " + with_details(p) + (to.empty() ? "" : " -> " + config::joined(to)) +
            (how.empty() ? "" : " (" + how + ")");
  }
  return text;
}

}  // namespace weir::config
