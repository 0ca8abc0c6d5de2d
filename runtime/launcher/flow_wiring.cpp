#include <weir/runtime/launcher/flow_wiring.hpp>
#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/place.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace weir::config {

namespace {

using indices = std::vector<std::size_t>;

std::string called(flow_part p) {
  return p == flow_part::source ? "source" : p == flow_part::stage ? "stage" : "sink";
}

/// The text of a value that is one, also of an option's.
const std::string* text_in(const node& n) {
  return n.as_text() ? n.as_text() : n.raw ? &*n.raw : nullptr;
}

/// The names that `from` gives. A value of another type is the business of the table's own check.
std::vector<std::string> names_in(const node& n) {
  std::vector<std::string> names;
  if (const auto* all = n.as_array()) {
    for (const auto& one : *all)
      if (one.as_text())
        names.push_back(*one.as_text());
  } else if (const auto* one = text_in(n)) {
    names.push_back(*one);
  }
  return names;
}

class wiring {
public:
  wiring(const std::vector<wired_part>& parts, problems& found)
      : parts_(parts), found_(found), joins_(parts.size()) {}

  std::optional<std::vector<part_joins>> run() {
    const auto before = found_.count();
    take_names();
    for (const auto i : all(flow_part::stage))
      joins_[i].redirect_to = target(i);
    for (std::size_t i = 0; i < parts_.size(); ++i)
      joins_[i].from = upstreams(i);
    if (found_.count() != before)
      return std::nullopt;
    check_ways();
    check_balance();
    return found_.count() == before ? std::optional{std::move(joins_)} : std::nullopt;
  }

private:
  [[nodiscard]] const entry* given(std::size_t i, std::string_view key) const {
    return parts_[i].table->find(key);
  }

  /// Where the file has only one source or sink, nobody need name it: then a stage may have the name of its
  /// kind.
  [[nodiscard]] bool gives_way(std::size_t i) const { return parts_[i].alone && !given(i, "name"); }

  void take_names() {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const auto& p = parts_[i];
      if (p.name.empty())
        continue;
      const auto [at, fresh] = names_.emplace(p.name, i);
      if (fresh || gives_way(i))
        continue;
      const auto& other = parts_[at->second];
      if (gives_way(at->second)) {
        at->second = i;
        continue;
      }
      const auto* name = given(i, "name");
      found_.add(name ? name->content.at : p.table->at, p.path + ".name",
                 quoted(p.name, 60) + " is the name of " + (other.is == p.is ? "an earlier " : "a ") +
                     called(other.is) + "; give each " + called(p.is) + " a name of its own");
    }
  }

  [[nodiscard]] indices all(flow_part is) const {
    indices found;
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if (parts_[i].is == is)
        found.push_back(i);
    return found;
  }

  /// The stage that `redirect_to` of stage `i` names.
  std::optional<std::size_t> target(std::size_t i) {
    const auto* given_target = given(i, "redirect_to");
    const auto* name = given_target ? text_in(given_target->content) : nullptr;
    if (!name)
      return std::nullopt;
    const auto at = names_.find(*name);
    const auto known = at != names_.end();
    if (known && at->second != i && parts_[at->second].is == flow_part::stage)
      return at->second;
    found_.add(given_target->content.at, parts_[i].path + ".redirect_to",
               !known            ? "there is no " + quoted(*name, 60) + suggestion(*name, names_for(i, false))
               : at->second == i ? quoted(*name, 60) + " is this stage itself; name another one"
                                 : quoted(*name, 60) + " is a " + called(parts_[at->second].is) +
                                       ", and a job can only go to another stage");
    return std::nullopt;
  }

  [[nodiscard]] bool is_redirected_to(std::size_t i) const {
    return std::any_of(joins_.begin(), joins_.end(),
                       [i](const part_joins& other) { return other.redirect_to == i; });
  }

  indices upstreams(std::size_t i) {
    const auto is = parts_[i].is;
    if (is == flow_part::source)
      return {};
    if (const auto* from = given(i, "from"))
      return named(i, *from);
    const auto stages = all(flow_part::stage);
    if (is == flow_part::stage && is_redirected_to(i))
      return {};
    if (is == flow_part::stage)
      return i == stages.front() ? all(flow_part::source) : indices{i - 1};
    if (stages.empty())
      return {};
    if (!parts_[i].alone)
      found_.add(parts_[i].table->at, parts_[i].path + ".from",
                 "missing: with several sinks each says what it takes the outcomes of; write e.g. from = " +
                     quoted(parts_[stages.back()].name, 60));
    return {stages.back()};
  }

  /// The parts that `from` of part `i` names.
  indices named(std::size_t i, const entry& from) {
    const auto key = parts_[i].path + ".from";
    const auto names = names_in(from.content);
    if (from.content.as_array() && from.content.as_array()->empty())
      found_.add(from.content.at, key, "empty; allowed: the names of one or more sources and stages");
    indices up;
    for (const auto& name : names) {
      const auto at = names_.find(name);
      if (at == names_.end())
        found_.add(from.content.at, key,
                   "there is no " + quoted(name, 60) +
                       suggestion(name, names_for(i, parts_[i].is == flow_part::stage)));
      else if (const auto problem = wrong_upstream(i, at->second, up); !problem.empty())
        found_.add(from.content.at, key, quoted(name, 60) + problem);
      else
        up.push_back(at->second);
    }
    return up;
  }

  [[nodiscard]] std::string wrong_upstream(std::size_t i, std::size_t up, const indices& so_far) const {
    const auto is = parts_[up].is;
    if (is == flow_part::sink)
      return " is a sink, which hands nothing on; name a source or a stage";
    if (is == flow_part::source && parts_[i].is == flow_part::sink)
      return " is a source, and a sink takes what a stage makes; put a stage between them";
    return std::find(so_far.begin(), so_far.end(), up) == so_far.end() ? "" : " is given twice";
  }

  /// The names of the other stages, and of the sources too if part `i` may name these.
  [[nodiscard]] std::vector<std::string> names_for(std::size_t i, bool sources_too) const {
    std::vector<std::string> all;
    for (std::size_t other = 0; other < parts_.size(); ++other) {
      const auto& p = parts_[other];
      const auto fits = p.is == flow_part::stage || (p.is == flow_part::source && sources_too);
      const auto at = names_.find(p.name);
      if (fits && other != i && at != names_.end() && at->second == other)
        all.push_back(printable(p.name));
    }
    return all;
  }

  /// The ways by which outcomes are handed on.
  [[nodiscard]] policy::graph outcomes() const {
    policy::graph g{parts_.size()};
    for (std::size_t i = 0; i < parts_.size(); ++i)
      for (const auto up : joins_[i].from)
        g.join(up, i);
    return g;
  }

  /// All ways that a job may take.
  [[nodiscard]] policy::graph jobs() const {
    auto g = outcomes();
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if (const auto to = joins_[i].redirect_to)
        g.join(i, *to);
    return g;
  }

  /// The key that leads from the last part of a cycle to its first one, which comes before it in the file: so
  /// it is one that the file has.
  [[nodiscard]] std::pair<std::size_t, const char*> closing_key(const policy::graph::path& cycle) const {
    const auto& from = joins_[cycle.front()].from;
    const auto by_from = std::find(from.begin(), from.end(), cycle.back()) != from.end();
    return by_from ? std::pair{cycle.front(), "from"} : std::pair{cycle.back(), "redirect_to"};
  }

  void check_ways() {
    const auto g = jobs();
    std::set<std::size_t> on_cycles;
    for (const auto& cycle : g.cycles(problems::kept_max)) {
      on_cycles.insert(cycle.begin(), cycle.end());
      std::string way;
      for (const auto n : cycle)
        way += printable(parts_[n].name) + " -> ";
      const auto [part, key] = closing_key(cycle);
      found_.add(given(part, key)->content.at, parts_[part].path + '.' + key,
                 "a cycle, which could lock up: " + way + printable(parts_[cycle.front()].name));
    }
    const auto reached = g.reached_from(all(flow_part::source));
    const auto leading = outcomes().leading_to(all(flow_part::sink));
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const auto& p = parts_[i];
      if (on_cycles.contains(i))
        continue;
      if (!reached[i])
        found_.add(p.table->at, p.path, "no source leads to " + called(p.is) + ' ' + quoted(p.name, 60));
      if (!leading[i])
        found_.add(p.table->at, p.path,
                   called(p.is) + ' ' + quoted(p.name, 60) +
                       " leads to no sink; name it in the `from` of what is to take its jobs");
    }
  }

  void check_balance() {
    const auto g = outcomes();
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const auto* how = given(i, "fan_out");
      const auto& down = g.downstreams(i);
      if (!how || down.size() < 2 || !text_in(how->content) || *text_in(how->content) != "balance")
        continue;
      for (const auto d : down)
        if (parts_[d].is == flow_part::sink)
          found_.add(how->content.at, parts_[i].path + ".fan_out",
                     "\"balance\" goes by the room in stages, and the sink " + quoted(parts_[d].name, 60) +
                         " has none to go by; put a stage before it, or write \"broadcast\"");
    }
  }

  const std::vector<wired_part>& parts_;
  problems& found_;
  std::map<std::string, std::size_t> names_;
  std::vector<part_joins> joins_;
};

}  // namespace

std::optional<std::vector<part_joins>> wire(const std::vector<wired_part>& parts, problems& found) {
  return wiring{parts, found}.run();
}

}  // namespace weir::config
