#include <weir/runtime/launcher/nodes_text.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/short_text.hpp>

#include <algorithm>

namespace weir::config {

namespace {

constexpr std::size_t name_bytes_shown = 120;

std::string counted(std::uint64_t n, const char* what) {
  return std::to_string(n) + ' ' + what + (n == 1 ? "" : "s");
}

/// "120 done, 3.10 s of work, 2 calls lost".
std::string work_text(const nodes::node_state& s) {
  auto text = std::to_string(s.done) + " done, " + short_text(s.busy) + " of work";
  if (s.lost > 0)
    text += ", " + counted(s.lost, "call") + " lost";
  return text;
}

/// Each part of it begins with a comma.
std::string link_text(const nodes::node_state& s) {
  std::string text;
  if (s.leaving)
    text += ", leaving";
  if (s.round_trip > duration::zero())
    text += ", round trip " + short_text(s.round_trip);
  if (!s.address.empty())
    text += ", " + s.address;
  return text;
}

std::string state_line(const nodes::node_state& s) {
  const auto now = s.connected ? std::to_string(s.in_flight) + " of " + counted(s.credit, "job") + ", " +
                                     counted(s.workers, "worker") + ", "
                               : std::string{"gone, "};
  return "node " + s.name + ": " + now + work_text(s) + link_text(s) + '\n';
}

std::string summary_line(const nodes::node_state& s) {
  const auto now = s.connected ? ", " + counted(s.workers, "worker") + link_text(s) : std::string{", gone"};
  return "  node " + s.name + ": " + work_text(s) + now + '\n';
}

/// "stages "a", "b"".
std::string named(const std::vector<std::string>& stages) {
  std::string names;
  for (const auto& s : stages)
    names += (names.empty() ? "" : ", ") + quoted(s, name_bytes_shown);
  return (stages.size() == 1 ? "stage " : "stages ") + names;
}

std::string lines(const std::vector<nodes::node_state>& all, std::string (*line)(const nodes::node_state&)) {
  std::string text;
  for (const auto& s : all)
    text += line(s);
  return text;
}

}  // namespace

bool is_any_there(const std::vector<nodes::node_state>& all) {
  return std::any_of(all.begin(), all.end(), [](const auto& s) { return s.connected; });
}

std::string nodes_text(const std::vector<std::string>& stages, const std::vector<nodes::node_state>& all) {
  if (is_any_there(all))
    return lines(all, state_line);
  return "no node is there: the jobs at work in " + named(stages) + " wait for one\n" +
         lines(all, state_line);
}

std::string nodes_summary(const std::vector<nodes::node_state>& all) {
  return all.empty() ? "  no node has come\n" : lines(all, summary_line);
}

std::string nodes_progress(const std::vector<nodes::node_state>& all) {
  if (!is_any_there(all))
    return "no node is there";
  const auto there = std::count_if(all.begin(), all.end(), [](const auto& s) { return s.connected; });
  std::uint64_t jobs = 0;
  for (const auto& s : all)
    jobs += s.in_flight;
  return std::to_string(jobs) + " at " + counted(static_cast<std::uint64_t>(there), "node");
}

std::uint64_t workers_of(const std::vector<nodes::node_state>& all) {
  std::uint64_t workers = 0;
  for (const auto& s : all)
    workers += s.connected && !s.leaving ? s.workers : 0;
  return workers;
}

std::string idle_text(const std::vector<std::string>& stages, std::uint64_t parallelism,
                      std::uint64_t workers, std::uint64_t enough) {
  return "nodes: " + counted(workers, "worker") + " are there, and the parallelism of " + named(stages) +
         " keeps " + std::to_string(parallelism) + " busy at most: set it to " + std::to_string(enough) +
         (stages.size() == 1 ? "" : " in all");
}

std::string node_text(const nodes::node_view& n, std::uint64_t done, time_point now) {
  auto text = (n.is_up ? "connected to " + n.with : std::string{"not connected"}) + " for " +
              short_text(now - n.since);
  if (n.round_trip > duration::zero())
    text += ", round trip " + short_text(n.round_trip);
  if (n.held > 0)
    text += ", " + counted(n.held, "job") + " held";
  text += ", " + counted(done, "job") + " done";
  if (n.leaving)
    text += ", leaving";
  return n.why_down.empty() ? text : text + ": " + n.why_down;
}

}  // namespace weir::config
