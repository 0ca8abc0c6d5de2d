#include <weir/runtime/launcher/flow_file.hpp>
#include <weir/runtime/launcher/flow_fit.hpp>
#include <weir/runtime/launcher/flow_specs.hpp>
#include <weir/runtime/launcher/flow_wiring.hpp>
#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/launcher/setting_check.hpp>
#include <weir/runtime/launcher/stage_settings.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace weir::config {

namespace {

constexpr std::size_t name_bytes_max = 100;

template <class Kind>
std::vector<std::string> names_of(const std::vector<Kind>& all) {
  std::vector<std::string> out;
  for (const auto& k : all)
    out.push_back(k.name);
  return out;
}

class checker {
public:
  checker(const node& root, const kinds& known, tls_check tls, problems& found)
      : root_(root), known_(known), tls_(tls), found_(found) {}

  std::optional<checked_flow> run(const std::string& default_name) {
    check_top_level();
    check_flow_table(default_name);
    check_sources();
    check_stages();
    check_sinks();
    check_nodes();
    check_wiring();
    if (found_.none())
      check_fit(parts_, known_, found_);
    if (!found_.none())
      return std::nullopt;
    outline();
    make();
    return found_.none() ? std::optional{std::move(out_)} : std::nullopt;
  }

private:
  void check_top_level() {
    static const std::vector<std::string> tables{"flow", "source", "stage", "sink", "nodes"};
    for (const auto& e : *root_.as_table()) {
      if (std::find(tables.begin(), tables.end(), e.key) != tables.end())
        continue;
      const auto belongs =
          e.content.as_table() || e.content.as_array() ? std::nullopt : where_it_belongs(e.key, {}, known_);
      found_.add(e.at, e.key,
                 (e.content.as_table() ? "unknown table" : "unknown key") +
                     (belongs ? "; " + *belongs : suggestion(e.key, tables)));
    }
  }

  /// The table `flow`, or null.
  const node* flow_table() {
    const auto* e = root_.find("flow");
    if (!e || e->content.as_table())
      return e ? &e->content : nullptr;
    found_.add(e->at, "flow",
               e->content.as_array()
                   ? "write [flow], once: a file has one flow"
                   : type_name(e->content) + " is not allowed here; allowed: a table [flow]");
    return nullptr;
  }

  /// The tables `name`, one or more, each with its path. With `single` the only one may be written in single
  /// brackets.
  std::vector<std::pair<const node*, std::string>> tables(const std::string& name, bool single,
                                                          std::size_t max) {
    const auto written = single ? '[' + name + ']' : "[[" + name + "]]";
    const auto* e = root_.find(name);
    if (!e) {
      found_.add(
          root_.at, name,
          "missing: a flow needs " + std::string{single ? "the" : "at least one"} + " table " + written);
      return {};
    }
    if (single && e->content.as_table())
      return {{&e->content, name}};
    const auto* all = e->content.as_array();
    if (!all || all->empty() ||
        !std::all_of(all->begin(), all->end(), [](const node& n) { return n.as_table(); })) {
      found_.add(e->at, name,
                 e->content.as_table()
                     ? "write [[" + name + "]], with two brackets: a flow may have several " + name + 's'
                 : single ? type_name(e->content) + " is not allowed here; allowed: a table " + written +
                                " or several tables [[" + name + "]]"
                          : "allowed: one or more tables " + written);
      return {};
    }
    if (all->size() > max) {
      found_.add((*all)[max].at, name, "more than " + std::to_string(max) + ' ' + name + 's');
      return {};
    }
    std::vector<std::pair<const node*, std::string>> found;
    for (std::size_t i = 0; i < all->size(); ++i)
      found.emplace_back(&(*all)[i], name + '[' + std::to_string(i) + ']');
    return found;
  }

  stray_key stray(std::string in) const {
    return [this, in = std::move(in)](std::string_view key) { return where_it_belongs(key, in, known_); };
  }

  /// A name is shown in messages and in the report: it must be one short line.
  void check_name(const node& in, const std::string& path, const std::string& name) {
    const bool printable_name = std::none_of(
        name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (name.empty() || name.size() > name_bytes_max || !printable_name)
      found_.add(in.find("name")->content.at, path + ".name",
                 quoted(name, 60) + " is not allowed here; allowed: 1 to " + std::to_string(name_bytes_max) +
                     " bytes without control characters");
  }

  void check_flow_table(const std::string& default_name) {
    out_.plan.name = default_name;
    const auto* t = flow_table();
    if (!t)
      return;
    const auto before = found_.count();
    const auto values = check_table(*t, "flow", flow_specs(), stray("flow"), found_);
    if (values.has("name")) {
      out_.plan.name = values.get<std::string>("name");
      check_name(*t, "flow", out_.plan.name);
    }
    if (found_.count() != before)
      return;
    if (values.has("deadline"))
      out_.plan.deadline = values.get<duration>("deadline");
    out_.plan.shutdown_budget = values.get<duration>("shutdown_timeout");
    if (values.has("stall_after"))
      out_.plan.stall_after = values.get<duration>("stall_after");
    out_.on_interrupt =
        values.get<std::string>("on_interrupt") == "cancel" ? interrupt_rule::cancel : interrupt_rule::drain;
    out_.plan.on_error =
        values.get<std::string>("on_error") == "fail_fast" ? policy::fail_fast : policy::collect;
    if (values.has("halt"))
      check_halt(*t, values.get<std::string>("halt"));
  }

  void check_halt(const node& in, const std::string& text) {
    const auto& at = in.find("halt")->content.at;
    if (in.find("on_error"))
      found_.add(at, "flow.halt", "on_error is given too; write only one of them");
    if (const auto rule = policy::halt_rule::parse(text))
      out_.plan.on_error = *rule;
    else
      found_.add(at, "flow.halt",
                 quoted(text, 60) + " is not allowed here; allowed: " + policy::halt_rule::allowed);
  }

  /// The kind that `key` of `in` names, or null and a problem.
  template <class Kind>
  const Kind* find_kind(const node& in, const std::string& path, const setting_spec& key,
                        const std::vector<Kind>& all) {
    const auto* e = in.find(key.name);
    if (!e) {
      found_.add(in.at, path + '.' + key.name, "missing; allowed: one of " + joined(names_of(all)));
      return nullptr;
    }
    const auto v = check_setting(e->content, key, path + '.' + key.name, found_);
    if (!v)
      return nullptr;
    const auto& name = std::get<std::string>(*v);
    const auto at = std::find_if(all.begin(), all.end(), [&](const Kind& k) { return k.name == name; });
    if (at != all.end())
      return &*at;
    found_.add(e->content.at, path + '.' + key.name,
               "there is no " + quoted(name, 60) + suggestion(name, names_of(all)));
    return nullptr;
  }

  /// The name that a table gives, else the one of its kind; empty if neither is a text.
  std::string name_in(const node& in, const std::string& path, const std::string& kind_key) {
    const auto* name = in.find("name");
    const auto* kind = in.find(kind_key);
    const auto* of = name ? name : kind;
    const auto* text = !of                     ? nullptr
                       : of->content.as_text() ? of->content.as_text()
                       : of->content.raw       ? &*of->content.raw
                                               : nullptr;
    if (name && text)
      check_name(in, path, *text);
    return text ? *text : std::string{};
  }

  /// Checks a table whose kind the first of `common` names and whose other keys are `common` or the kind's.
  template <class Kind>
  chosen<Kind> check_kind(const node& in, std::string path, const std::string& section,
                          std::vector<setting_spec> common, const std::vector<Kind>& all) {
    const auto key = common.front();
    chosen<Kind> out;
    out.table = &in;
    out.of = find_kind(in, path, key, all);
    out.name = name_in(in, path, key.name);
    auto specs = std::move(common);
    if (out.of) {
      specs.insert(specs.end(), out.of->accepts.begin(), out.of->accepts.end());
      const auto is_sent = section == "stage" && is_on_nodes(in) && keep_default_sendable(specs);
      out.values = check_table(in, path, specs, stray(section), found_);
      if (is_sent)
        check_sendable(in, path, out.values, found_);
    } else {
      check_known(in, path, key.name, specs);
    }
    out.path = std::move(path);
    return out;
  }

  /// Without a kind the settings can't be told from unknown keys: only the common ones are checked.
  void check_known(const node& in, const std::string& path, const std::string& kind_key,
                   const std::vector<setting_spec>& specs) {
    for (const auto& e : *in.as_table())
      for (const auto& spec : specs)
        if (spec.name == e.key && e.key != kind_key)
          (void)check_setting(e.content, spec, path + '.' + e.key, found_);
  }

  void check_sources() {
    for (auto& [table, path] : tables("source", true, sources_max))
      parts_.sources.push_back(check_kind(*table, path, "source", source_specs(), known_.sources));
  }

  void check_sinks() {
    for (auto& [table, path] : tables("sink", true, sinks_max))
      parts_.sinks.push_back(check_kind(*table, path, "sink", sink_specs(), known_.sinks));
  }

  void check_stages() {
    for (auto& [table, path] : tables("stage", false, stages_max)) {
      const auto before = found_.count();
      chosen_stage s{check_kind(*table, path, "stage", stage_specs(), known_.tasks), {}};
      if (s.of && found_.count() == before)
        s.plan = planned_stage(s.values, *table, path, found_);
      parts_.stages.push_back(std::move(s));
    }
  }

  /// The place where nodes come, if stages are done by them.
  void check_nodes() {
    const auto* e = root_.find("nodes");
    const auto asks = std::find_if(parts_.stages.begin(), parts_.stages.end(),
                                   [](const auto& s) { return is_on_nodes(*s.table); });
    if (!e && asks != parts_.stages.end())
      found_.add(asks->table->find("nodes")->content.at, asks->path + ".nodes",
                 "there is no table [nodes], which says where nodes come");
    if (!e)
      return;
    if (!e->content.as_table()) {
      found_.add(e->at, "nodes", "write [nodes], once: all nodes come to one place");
      return;
    }
    const auto before = found_.count();
    const auto values = check_table(e->content, "nodes", nodes_specs(), stray("nodes"), found_);
    if (found_.count() != before)
      return;
    if (asks == parts_.stages.end())
      found_.add(e->at, "nodes",
                 "no stage is done by nodes; write nodes = true in one, or leave this table out");
    out_.nodes = meeting_place_of(values);
    check_meeting_place(e->content, *out_.nodes, tls_, found_);
    out_.on_nodes = std::make_shared<coordinator_slot>();
    std::error_code why;
    folder_ = std::filesystem::current_path(why).string();
    if (why)
      found_.add(e->at, "nodes",
                 "the folder that this process runs in has no path that nodes could be told (" +
                     why.message() + "); run it in another one");
  }

  static bool is_on_nodes(const node& stage) {
    const auto* on = stage.find("nodes");
    const auto* is = on ? std::get_if<bool>(&on->content.content) : nullptr;
    return is && *is;
  }

  /// Joins the parts, also where some are not right in themselves.
  void check_wiring() {
    if (parts_.sources.empty() || parts_.stages.empty() || parts_.sinks.empty())
      return;
    std::vector<wired_part> parts;
    for (const auto& s : parts_.sources)
      parts.push_back({flow_part::source, s.table, s.path, s.name, parts_.sources.size() == 1});
    for (const auto& s : parts_.stages)
      parts.push_back({flow_part::stage, s.table, s.path, s.name, false});
    for (const auto& s : parts_.sinks)
      parts.push_back({flow_part::sink, s.table, s.path, s.name, parts_.sinks.size() == 1});
    auto joins = wire(parts, found_);
    if (!joins)
      return;
    auto next = joins->begin() + static_cast<std::ptrdiff_t>(parts_.sources.size());
    for (auto& s : parts_.stages) {
      s.plan.redirect_to = next->redirect_to;
      s.from = std::move(next++->from);
    }
    for (auto& s : parts_.sinks)
      s.from = std::move(next++->from);
  }

  void outline() {
    auto& o = out_.outline;
    o.flow = out_.plan.name;
    for (const auto& s : parts_.sources)
      o.parts.push_back({flow_part::source, s.name, s.of->name, {}, fan_out_of(s.values), {}});
    for (const auto& s : parts_.stages)
      o.parts.push_back(
          {flow_part::stage, s.name, s.of->name, details_of(s), s.plan.fan_out, s.from, s.plan.redirect_to});
    for (const auto& s : parts_.sinks)
      o.parts.push_back({flow_part::sink, s.name, s.of->name, {}, fan_out::broadcast, s.from});
  }

  static std::vector<std::string> details_of(const chosen_stage& s) {
    const auto slots = s.plan.capacity == 0 ? s.plan.parallelism : s.plan.capacity;
    std::vector<std::string> all{"parallelism " + std::to_string(s.plan.parallelism),
                                 "capacity " + std::to_string(slots),
                                 "order " + s.values.get<std::string>("order")};
    if (s.plan.overflow != policy::overflow::block)
      all.push_back("overflow " + s.values.get<std::string>("overflow"));
    if (is_on_nodes(*s.table))
      all.emplace_back("on nodes");
    if (s.plan.key)
      all.push_back("key " + printable(s.values.get<std::string>("key"), 60));
    return all;
  }

  /// Makes one of a kind; an error is put at the key that its text begins with, else at the table.
  template <class Made>
  std::optional<Made> made(const chosen<kind<Made>>& what) {
    auto m = what.of->make(what.values);
    if (m)
      return std::move(*m);
    const auto text = text_of(m.error());
    const auto name = text.substr(0, text.find_first_of(" :"));
    const auto* named = what.table->find(name);
    found_.add(named ? named->content.at : what.table->at, what.path, text);
    return std::nullopt;
  }

  void make() {
    for (auto& s : parts_.stages)
      if (auto task = made(s)) {
        s.plan.name = s.name;
        s.plan.task = std::move(*task);
        if (is_on_nodes(*s.table))
          s.plan.elsewhere = task_on_nodes(*s.of, s.values, known_.version, folder_, out_.on_nodes);
        s.plan.from = s.from;
        out_.plan.stages.push_back(std::move(s.plan));
      }
    for (const auto& s : parts_.sources)
      if (auto source = made(s))
        out_.plan.sources.push_back({s.name, std::move(*source), fan_out_of(s.values)});
    // The sinks come last, as they are the ones that may touch what is already there.
    if (!found_.none())
      return;
    for (const auto& s : parts_.sinks)
      if (auto sink = made(s))
        out_.plan.sinks.push_back({s.name, std::move(*sink), s.from});
  }

  const node& root_;
  const kinds& known_;
  const tls_check tls_;
  problems& found_;
  chosen_parts parts_;
  std::string folder_;  // that this process runs in, if stages are on nodes
  checked_flow out_;
};

}  // namespace

std::optional<checked_flow> check_flow(const node& root, const kinds& known, const std::string& default_name,
                                       tls_check tls, problems& found) {
  return checker{root, known, tls, found}.run(default_name);
}

}  // namespace weir::config
