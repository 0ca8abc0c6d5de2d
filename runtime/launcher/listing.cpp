#include <weir/runtime/launcher/flow_specs.hpp>
#include <weir/runtime/launcher/listing.hpp>
#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/node_settings.hpp>
#include <weir/runtime/launcher/setting_check.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <type_traits>
#include <variant>

namespace weir::config {

namespace {

constexpr std::size_t comment_width = 100;

bool has_default(const setting_spec& s) {
  return !std::holds_alternative<std::monostate>(s.fallback);
}

std::string default_text(const setting_spec& s) {
  if (s.required)
    return "required";
  return has_default(s) ? "default " + as_toml(s.fallback, s.type) : "no default";
}

/// The spec's default, or some value that it allows.
std::string sample(const setting_spec& s) {
  // Keys without a default whose type alone doesn't say what to write.
  static const std::map<std::string, std::string, std::less<>> examples{
      {"deadline", R"("10min")"}, {"halt", R"("now,fail=10%")"}, {"parallelism", "4"},  {"capacity", "256"},
      {"from", R"(["a", "b"])"},  {"redirect_to", R"("b")"},     {"key", R"("folder")"}};
  if (has_default(s))
    return as_toml(s.fallback, s.type);
  if (const auto at = examples.find(s.name); at != examples.end())
    return at->second;
  const double low = std::max(s.min, 1.0);
  switch (s.type) {
    case setting_type::boolean:
      return "true";
    case setting_type::integer:
    case setting_type::number:
    case setting_type::size:
      return std::to_string(static_cast<std::int64_t>(std::min(std::ceil(low), s.max)));
    case setting_type::text:
      return "\"text\"";
    case setting_type::choice:
      return as_toml(s.choices.front(), s.type);
    case setting_type::time_span:
      return as_toml(duration{static_cast<std::int64_t>(std::min(low, s.max) * 1e9)}, s.type);
    case setting_type::texts:
      return "[\"text\"]";
  }
  return {};
}

/// `text` as comment lines of bounded width, broken at spaces.
std::string comment(const std::string& text) {
  std::string out, line = "#";
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find(' ', at), text.size());
    const auto word = text.substr(at, end - at);
    if (line.size() > 1 && line.size() + 1 + word.size() > comment_width) {
      out += line + '\n';
      line = "#";
    }
    line += ' ' + word;
    at = end + 1;
  }
  return out + line + '\n';
}

std::string explained(const setting_spec& s) {
  return comment(s.name + ": " + s.meaning + ". Allowed: " + allowed(s) + ". " +
                 (s.required       ? "Required."
                  : has_default(s) ? "Default: " + as_toml(s.fallback, s.type) + "."
                                   : ""));
}

/// The keys with what they mean; each given as a comment unless it is in `given`.
std::string keys(const std::vector<setting_spec>& specs,
                 const std::vector<std::pair<std::string, std::string>>& given) {
  std::string out;
  for (const auto& s : specs) {
    const auto at =
        std::find_if(given.begin(), given.end(), [&](const auto& g) { return g.first == s.name; });
    out += explained(s);
    out += at == given.end() ? "# " + s.name + " = " + sample(s) + "\n\n"
                             : s.name + " = \"" + at->second + "\"\n\n";
  }
  return out;
}

template <class Kind>
std::string about(const Kind& k) {
  const std::string verb = std::is_same_v<Kind, task_kind> ? "makes" : "needs";
  return k.name + ": " + k.summary +
         (k.fields.empty() ? "" : "; " + verb + " the fields " + joined(k.fields));
}

template <class Kind>
const Kind* first_without_required(const std::vector<Kind>& all) {
  const auto at = std::find_if(all.begin(), all.end(), [](const Kind& k) {
    return std::none_of(k.accepts.begin(), k.accepts.end(), [](const setting_spec& s) { return s.required; });
  });
  return at == all.end() ? nullptr : &*at;
}

/// The active table of a section, then every other kind of it as a comment.
template <class Kind>
std::string section(const std::string& header, const std::vector<setting_spec>& common,
                    const std::vector<Kind>& all) {
  const auto& key = common.front();
  std::string out;
  const auto* active = first_without_required(all);
  if (active) {
    out += comment(about(*active)) + header + "\n" + keys(common, {{key.name, active->name}}) +
           keys(active->accepts, {});
  }
  for (const auto& k : all) {
    if (&k == active)
      continue;
    out += comment(about(k)) + "# " + header + "\n# " + key.name + " = \"" + k.name + "\"\n";
    for (const auto& s : k.accepts)
      out += explained(s) + "# " + s.name + " = " + sample(s) + '\n';
    out += '\n';
  }
  return out;
}

template <class Kind>
void list(std::string& out, const char* title, const std::vector<Kind>& all) {
  out += std::string{title} + '\n';
  for (const auto& k : all) {
    out += "  " + about(k) + '\n';
    for (const auto& s : k.accepts)
      out += "      " + s.name + ": " + s.meaning + "; " + allowed(s) + "; " + default_text(s) + '\n';
  }
}

template <class Kind>
void add_blocks(std::vector<reference_block>& out, const std::string& name, const std::string& header,
                const std::string& key, const std::vector<Kind>& all) {
  for (const auto& k : all) {
    auto toml = header + "\n" + key + " = \"" + k.name + "\"\n";
    for (const auto& s : k.accepts)
      toml += s.name + " = " + sample(s) + '\n';
    out.push_back({name, k.name, std::move(toml)});
  }
}

}  // namespace

std::string list_kinds(const kinds& known) {
  std::string out;
  list(out, "sources, for [source] kind = …", known.sources);
  list(out, "\ntasks, for [[stage]] task = …", known.tasks);
  list(out, "\nsinks, for [sink] kind = …", known.sinks);
  return out;
}

std::vector<reference_block> reference_blocks(const kinds& known) {
  std::vector<reference_block> out;
  add_blocks(out, "source", "[source]", "kind", known.sources);
  add_blocks(out, "stage", "[[stage]]", "task", known.tasks);
  add_blocks(out, "sink", "[sink]", "kind", known.sinks);
  return out;
}

std::string reference(const kinds& known) {
  std::string out = comment(
      "Every key of a flow file, its default and its meaning. The file is valid as it is. A key in a comment "
      "has "
      "its default there; where it has none, the value is only an example.");
  out += "\n[flow]\n" + keys(flow_specs(), {{"name", "reference"}});
  out += comment("Where the jobs come from: one table [source], or several [[source]].") + '\n' +
         section("[source]", source_specs(), known.sources);
  out += comment(
             "What is done with each job: one table or more. The first field of what a stage makes is the "
             "input of the next one.") +
         '\n' + section("[[stage]]", stage_specs(), known.tasks);
  out += comment("Where the outcomes go: one table [sink], or several [[sink]].") + '\n' +
         section("[sink]", sink_specs(), known.sinks);
  out += comment("Where nodes come that do the stages with nodes = true: one table [nodes].") +
         "# [nodes]\n" + keys(nodes_specs(), {});
  out += comment("A node has a file of its own, for `weir node`, with one table [node].") + "# [node]\n" +
         keys(node_specs(), {});
  while (out.ends_with("\n\n"))
    out.pop_back();
  return out;
}

}  // namespace weir::config
