#include <weir/runtime/launcher/flow_fit.hpp>
#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/place.hpp>

#include <algorithm>
#include <set>

namespace weir::config {

namespace {

/// Whether its path, which is "-" if the file is silent, is so.
template <class Kind>
bool uses_stream(const chosen<Kind>& c) {
  const setting stream{std::string{"-"}};
  return std::any_of(c.of->accepts.begin(), c.of->accepts.end(), [&](const setting_spec& s) {
    return s.name == "path" && s.fallback == stream && c.values.template get<std::string>("path") == "-";
  });
}

bool has_fields(const task_kind& task, const std::vector<std::string>& needed) {
  return std::all_of(needed.begin(), needed.end(), [&](const std::string& f) {
    return std::find(task.fields.begin(), task.fields.end(), f) != task.fields.end();
  });
}

class fit {
public:
  fit(const chosen_parts& parts, const kinds& known, problems& found)
      : parts_(parts), known_(known), found_(found) {}

  void check() {
    check_standard_streams();
    check_fields();
    check_keys();
  }

private:
  /// Two that read standard input would each get some of its lines; two that write standard output would mix
  /// theirs.
  void check_standard_streams() {
    check_one_uses("standard input", parts_.sources);
    check_one_uses("standard output", parts_.sinks);
  }

  template <class Kind>
  void check_one_uses(const std::string& stream, const std::vector<chosen<Kind>>& all) {
    const chosen<Kind>* first = nullptr;
    for (const auto& c : all) {
      if (!uses_stream(c))
        continue;
      if (first)
        found_.add(
            c.table->find("path") ? c.table->find("path")->content.at : c.table->at, c.path + ".path",
            stream + " is already that of " + quoted(first->name, 60) + "; name a file for one of them");
      first = first ? first : &c;
    }
  }

  /// The records of the stages before a sink must have what it needs. Where a task does not say what it
  /// makes, the sink finds out.
  void check_fields() {
    for (const auto& sink : parts_.sinks)
      for (const auto up : sink.from)
        check_fields(sink, parts_.stages[up - parts_.sources.size()]);
  }

  void check_fields(const chosen<sink_kind>& sink, const chosen_stage& stage) {
    if (stage.of->fields.empty() || has_fields(*stage.of, sink.of->fields))
      return;
    std::vector<std::string> fitting;
    for (const auto& t : known_.tasks)
      if (has_fields(t, sink.of->fields))
        fitting.push_back(t.name);
    const auto task = sink.values.has("from") ? "the task of stage " + quoted(stage.name, 60)
                                              : std::string{"the last stage's task"};
    found_.add(
        sink.table->find("kind")->content.at, sink.path + ".kind",
        quoted(sink.of->name) + " needs records with the fields " + joined(sink.of->fields) + "; " + task +
            (stage.name == stage.of->name && sink.values.has("from") ? "" : ' ' + quoted(stage.of->name)) +
            " makes " + joined(stage.of->fields) + "; " +
            (fitting.empty() ? "" : "let " + task + " be " + joined(fitting) + ", or ") + "use another sink");
  }

  /// A field by which a stage keeps order must be one that the tasks before it make, where they say which.
  void check_keys() {
    for (std::size_t i = 0; i < parts_.stages.size(); ++i)
      if (parts_.stages[i].plan.key && parts_.stages[i].plan.key->what == flow_key::by::field)
        for (const auto up : feeders(i))
          check_key(parts_.stages[i], up);
  }

  void check_key(const chosen_stage& stage, std::size_t up) {
    const auto& name = stage.plan.key->name;
    const auto& at = stage.table->find("key")->content.at;
    if (up < parts_.sources.size()) {
      found_.add(at, stage.path + ".key",
                 "what comes from source " + quoted(parts_.sources[up].name, 60) + " has no field " +
                     quoted(name, 60) + R"(; allowed: "item" or "folder")");
      return;
    }
    const auto& before = parts_.stages[up - parts_.sources.size()];
    if (!before.of->fields.empty() && !has_fields(*before.of, {name}))
      found_.add(at, stage.path + ".key",
                 "stage " + quoted(before.name, 60) + " makes no field " + quoted(name, 60) +
                     suggestion(name, before.of->fields));
  }

  /// The parts whose jobs come to a stage, also by way of one that redirects to it.
  std::set<std::size_t> feeders(std::size_t stage) const {
    std::set<std::size_t> all{parts_.stages[stage].from.begin(), parts_.stages[stage].from.end()};
    for (std::size_t i = 0; i < parts_.stages.size(); ++i)
      if (parts_.stages[i].plan.redirect_to == parts_.sources.size() + stage)
        all.merge(feeders(i));
    return all;
  }

  const chosen_parts& parts_;
  const kinds& known_;
  problems& found_;
};

}  // namespace

void check_fit(const chosen_parts& parts, const kinds& known, problems& found) {
  fit{parts, known, found}.check();
}

}  // namespace weir::config
