#include <weir/runtime/launcher/flow_file.hpp>
#include <weir/runtime/launcher/flow_specs.hpp>
#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/setting_check.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace weir::config {

namespace {

constexpr std::size_t name_bytes_max = 100;

/// A table of the file whose kind is known and whose settings have been checked.
template <class Kind>
struct chosen {
  const Kind* of = nullptr;
  const node* table = nullptr;
  std::string path;
  settings values;
};

struct chosen_stage : chosen<task_kind> {
  std::string name;
  std::size_t parallelism = 1;
  std::size_t capacity = 0;
  weir::order order = order::input;
  policy::retry_rule retry = {};
};

template <class Kind>
std::vector<std::string> names_of(const std::vector<Kind>& all) {
  std::vector<std::string> out;
  for (const auto& k : all)
    out.push_back(k.name);
  return out;
}

std::optional<weir::order> parse_order(const std::string& text) {
  if (text == "unordered")
    return order::unordered;
  return text == "completed" ? order::completed : order::input;
}

class checker {
public:
  checker(const node& root, const kinds& known, problems& found)
      : root_(root), known_(known), found_(found) {}

  std::optional<checked_flow> run(const std::string& default_name) {
    check_top_level();
    check_flow_table(default_name);
    check_source_and_sink();
    check_stages();
    check_fields();
    if (!found_.none())
      return std::nullopt;
    describe();
    make();
    return found_.none() ? std::optional{std::move(out_)} : std::nullopt;
  }

private:
  void check_top_level() {
    static const std::vector<std::string> tables{"flow", "source", "stage", "sink"};
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

  /// The table `name`, or null and a problem; a missing one is a problem if it is `required`.
  const node* table(const std::string& name, bool required) {
    const auto* e = root_.find(name);
    if (!e) {
      if (required)
        found_.add(root_.at, name, "missing: a flow needs the table [" + name + "]");
      return nullptr;
    }
    if (e->content.as_table())
      return &e->content;
    found_.add(e->at, name,
               e->content.as_array()
                   ? "write [" + name + "], once: a flow has one " + name
                   : type_name(e->content) + " is not allowed here; allowed: a table [" + name + "]");
    return nullptr;
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
    const auto* t = table("flow", false);
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

  /// Checks a table whose kind `key` names and whose other keys are `common` or the kind's.
  template <class Kind>
  chosen<Kind> check_kind(const node& in, std::string path, const std::string& section,
                          const setting_spec& key, std::vector<setting_spec> common,
                          const std::vector<Kind>& all) {
    chosen<Kind> out;
    out.table = &in;
    out.of = find_kind(in, path, key, all);
    auto specs = std::move(common);
    if (out.of) {
      specs.insert(specs.end(), out.of->accepts.begin(), out.of->accepts.end());
      out.values = check_table(in, path, specs, stray(section), found_);
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

  void check_source_and_sink() {
    if (const auto* t = table("source", true))
      source_ = check_kind(*t, "source", "source", kind_spec(), {kind_spec()}, known_.sources);
    if (const auto* t = table("sink", true))
      sink_ = check_kind(*t, "sink", "sink", kind_spec(), {kind_spec()}, known_.sinks);
  }

  void check_stages() {
    const auto* e = root_.find("stage");
    if (!e) {
      found_.add(root_.at, "stage", "missing: a flow needs at least one table [[stage]]");
      return;
    }
    const auto* all = e->content.as_array();
    if (!all || all->empty() ||
        !std::all_of(all->begin(), all->end(), [](const node& n) { return n.as_table(); })) {
      found_.add(e->at, "stage",
                 e->content.as_table() ? "write [[stage]], with two brackets: a flow may have several stages"
                                       : "allowed: one or more tables [[stage]]");
      return;
    }
    if (all->size() > stages_max) {
      found_.add((*all)[stages_max].at, "stage", "more than " + std::to_string(stages_max) + " stages");
      return;
    }
    std::set<std::string> names;
    for (std::size_t i = 0; i < all->size(); ++i)
      check_stage((*all)[i], "stage[" + std::to_string(i) + "]", names);
  }

  void check_stage(const node& in, const std::string& path, std::set<std::string>& names) {
    const auto before = found_.count();
    chosen_stage s{check_kind(in, path, "stage", stage_specs().front(), stage_specs(), known_.tasks), {}};
    if (!s.of || found_.count() != before)
      return;
    s.name = s.of->name;
    if (s.values.has("name")) {
      s.name = s.values.get<std::string>("name");
      check_name(in, path, s.name);
    }
    if (!names.insert(s.name).second)
      found_.add(in.find("name") ? in.find("name")->content.at : in.at, path + ".name",
                 quoted(s.name, 60) + " is the name of an earlier stage; give each stage a name of its own");
    check_bounds(s);
    stages_.push_back(std::move(s));
  }

  void check_bounds(chosen_stage& s) {
    const auto parallelism =
        s.values.has("parallelism")
            ? s.values.get<std::int64_t>("parallelism")
            : std::min(static_cast<std::int64_t>(default_parallelism()), parallelism_max);
    const auto capacity =
        s.values.has("capacity") ? s.values.get<std::int64_t>("capacity") : parallelism * capacity_per_worker;
    if (capacity != 0 && capacity < parallelism)
      found_.add(s.table->find("capacity")->content.at, s.path + ".capacity",
                 std::to_string(capacity) + " slots are too few for parallelism " +
                     std::to_string(parallelism) + "; allowed: 0 (as many as parallelism), or " +
                     std::to_string(parallelism) + " to " + std::to_string(capacity_max));
    s.parallelism = static_cast<std::size_t>(parallelism);
    s.capacity = static_cast<std::size_t>(capacity);
    s.order = *parse_order(s.values.get<std::string>("order"));
    s.retry.attempts = static_cast<unsigned>(s.values.get<std::int64_t>("attempts"));
    s.retry.backoff = s.values.get<duration>("backoff");
    s.retry.backoff_max = s.values.get<duration>("backoff_max");
    if (s.values.has("retry_budget"))
      s.retry.budget = s.values.get<double>("retry_budget");
  }

  /// The last stage's records must have what the sink needs. Where a task does not say what it makes, the
  /// sink finds out.
  void check_fields() {
    if (!found_.none() || stages_.back().of->fields.empty())
      return;
    const auto& last = stages_.back();
    if (has_fields(*last.of, sink_.of->fields))
      return;
    std::vector<std::string> fitting;
    for (const auto& t : known_.tasks)
      if (has_fields(t, sink_.of->fields))
        fitting.push_back(t.name);
    found_.add(sink_.table->find("kind")->content.at, "sink.kind",
               quoted(sink_.of->name) + " needs records with the fields " + joined(sink_.of->fields) +
                   "; the last stage's task " + quoted(last.of->name) + " makes " + joined(last.of->fields) +
                   "; " +
                   (fitting.empty() ? "" : "let the last stage's task be " + joined(fitting) + ", or ") +
                   "use another sink");
  }

  static bool has_fields(const task_kind& task, const std::vector<std::string>& needed) {
    return std::all_of(needed.begin(), needed.end(), [&](const std::string& f) {
      return std::find(task.fields.begin(), task.fields.end(), f) != task.fields.end();
    });
  }

  void describe() {
    auto& d = out_.description;
    d = "flow " + quoted(out_.plan.name) + ": " + source_.of->name;
    for (const auto& s : stages_) {
      d += " -> " + printable(s.name) + " (" + (s.name == s.of->name ? "" : "task " + s.of->name + ", ") +
           "parallelism " + std::to_string(s.parallelism) + ", capacity " +
           std::to_string(s.capacity == 0 ? s.parallelism : s.capacity) + ", order " +
           s.values.get<std::string>("order") + ")";
    }
    d += " -> " + sink_.of->name;
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
    for (const auto& s : stages_)
      if (auto task = made(s))
        out_.plan.stages.push_back({s.name, std::move(*task), s.parallelism, s.capacity, s.order, s.retry});
    if (auto source = made(source_))
      out_.plan.source = std::move(*source);
    // The sink comes last, as it is the one that may touch what is already there.
    if (!found_.none())
      return;
    if (auto sink = made(sink_))
      out_.plan.sink = std::move(*sink);
  }

  const node& root_;
  const kinds& known_;
  problems& found_;
  chosen<source_kind> source_;
  chosen<sink_kind> sink_;
  std::vector<chosen_stage> stages_;
  checked_flow out_;
};

}  // namespace

std::optional<checked_flow> check_flow(const node& root, const kinds& known, const std::string& default_name,
                                       problems& found) {
  return checker{root, known, found}.run(default_name);
}

}  // namespace weir::config
