#include <weir/runtime/launcher/nodes_text.hpp>
#include <weir/runtime/short_text.hpp>

namespace weir::config {

namespace {

std::string line(const nodes::node_state& s) {
  auto text = "node " + s.name + ": ";
  if (s.connected)
    text += std::to_string(s.in_flight) + " of " + std::to_string(s.credit) + " jobs, " +
            std::to_string(s.workers) + " workers, ";
  else
    text += "gone, ";
  text += std::to_string(s.done) + " done, " + short_text(s.busy) + " of work";
  if (s.lost > 0)
    text += ", " + std::to_string(s.lost) + " lost";
  if (s.leaving)
    text += ", leaving";
  if (s.round_trip > duration::zero())
    text += ", round trip " + short_text(s.round_trip);
  if (!s.address.empty())
    text += ", " + s.address;
  return text + '\n';
}

}  // namespace

std::string nodes_text(const std::vector<nodes::node_state>& all) {
  if (all.empty())
    return "no node has come\n";
  std::string text;
  for (const auto& s : all)
    text += line(s);
  return text;
}

}  // namespace weir::config
