#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/overrides.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace weir::config {

namespace {

constexpr const char* key_form = "write --set TABLE.KEY=VALUE, e.g. --set source.root=/usr/share";

/// The name that `stage.NAME.key` means.
std::string stage_name(const node& stage) {
  for (const auto* key : {"name", "task"})
    if (const auto* e = stage.find(key); e && e->content.as_text())
      return *e->content.as_text();
  return {};
}

class override_option {
public:
  override_option(node& root, const std::string& option, problems& found)
      : root_(root), at_("--set " + option), found_(found) {}

  void apply(std::string_view option) {
    const auto equals = option.find('=');
    const auto key = option.substr(0, equals);
    const auto dot = key.find_first_of(".[");
    if (equals == std::string_view::npos || dot == std::string_view::npos || dot == 0 || key.ends_with('.'))
      return found_.add(at_, {}, key_form);
    const auto value = option.substr(equals + 1);
    const auto table = key.substr(0, dot);
    if (table == "stage")
      return set_stage(key.substr(dot), value);
    if (key[dot] == '[')
      return found_.add(at_, {}, key_form);
    set(table_of(table), key.substr(dot + 1), value);
  }

private:
  /// The table `name`; made if it isn't there.
  node* table_of(std::string_view name) {
    auto* e = root_.find(name);
    if (!e) {
      auto& all = *root_.as_table();
      all.push_back({std::string{name}, at_, node{at_, node::table{}, {}}});
      e = &all.back();
    }
    return &e->content;
  }

  /// `rest` is ".key", ".NAME.key" or "[0].key".
  void set_stage(std::string_view rest, std::string_view value) {
    auto* e = root_.find("stage");
    auto* stages = e ? e->content.as_array() : nullptr;
    if (!stages || stages->empty())
      return found_.add(at_, "stage", "the flow has no [[stage]]");
    const auto last_dot = rest.rfind('.');
    if (last_dot == std::string_view::npos)
      return found_.add(at_, {}, key_form);
    const auto which = rest.substr(0, last_dot);
    if (auto* stage = which.empty() ? only(*stages) : named(*stages, which))
      set(stage, rest.substr(last_dot + 1), value);
  }

  node* only(node::array& stages) {
    if (stages.size() == 1)
      return &stages.front();
    found_.add(at_, "stage",
               "the flow has several stages: write stage.NAME.KEY; names: " + joined(names(stages)));
    return nullptr;
  }

  /// `which` is ".NAME" or "[0]".
  node* named(node::array& stages, std::string_view which) {
    if (which.starts_with('[') && which.ends_with(']')) {
      std::size_t index = 0;
      const auto* end = which.data() + which.size() - 1;
      const auto r = std::from_chars(which.data() + 1, end, index);
      if (r.ec == std::errc{} && r.ptr == end && index < stages.size())
        return &stages[index];
      found_.add(
          at_, "stage" + std::string{which},
          "there is no such stage; allowed: stage[0] to stage[" + std::to_string(stages.size() - 1) + "]");
      return nullptr;
    }
    which.remove_prefix(1);
    for (auto& stage : stages)
      if (stage_name(stage) == which)
        return &stage;
    found_.add(at_, "stage." + std::string{which},
               "there is no such stage" + suggestion(which, names(stages)));
    return nullptr;
  }

  static std::vector<std::string> names(const node::array& stages) {
    std::vector<std::string> out;
    for (const auto& stage : stages)
      out.push_back(printable(stage_name(stage)));
    return out;
  }

  void set(node* table, std::string_view key, std::string_view value) {
    auto* all = table->as_table();
    if (!all)
      return;  // the check of the whole document reports what stands there
    auto content = parse_value(value, at_).value_or(node{at_, std::string{value}, std::string{value}});
    if (!content.as_text())
      content.raw = std::string{value};
    if (auto* e = table->find(key))
      *e = {std::string{key}, at_, std::move(content)};
    else
      all->push_back({std::string{key}, at_, std::move(content)});
  }

  node& root_;
  place at_;
  problems& found_;
};

}  // namespace

void apply_overrides(node& root, const std::vector<std::string>& options, problems& found) {
  for (const auto& option : options)
    override_option{root, option, found}.apply(option);
}

}  // namespace weir::config
