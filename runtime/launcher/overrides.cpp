#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/overrides.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace weir::config {

namespace {

constexpr const char* key_form = "write --set TABLE.KEY=VALUE, e.g. --set source.root=/usr/share";

/// The name that `stage.NAME.key` means; the same goes for sources and sinks.
std::string name_of(const node& table) {
  for (const auto* key : {"name", "task", "kind"})
    if (const auto* e = table.find(key); e && e->content.as_text())
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
    if (table == "stage" || is_array(table))
      return set_in_array(std::string{table}, key.substr(dot), value);
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

  [[nodiscard]] bool is_array(std::string_view name) const {
    const auto* e = root_.find(name);
    return e && e->content.as_array();
  }

  /// `rest` is ".key", ".NAME.key" or "[0].key".
  void set_in_array(const std::string& what, std::string_view rest, std::string_view value) {
    auto* e = root_.find(what);
    auto* tables = e ? e->content.as_array() : nullptr;
    if (!tables || tables->empty())
      return found_.add(at_, what, "the flow has no [[" + what + "]]");
    const auto last_dot = rest.rfind('.');
    if (last_dot == std::string_view::npos)
      return found_.add(at_, {}, key_form);
    const auto which = rest.substr(0, last_dot);
    if (auto* table = which.empty() ? only(what, *tables) : named(what, *tables, which))
      set(table, rest.substr(last_dot + 1), value);
  }

  node* only(const std::string& what, node::array& tables) {
    if (tables.size() == 1)
      return &tables.front();
    found_.add(
        at_, what,
        "the flow has several " + what + "s: write " + what + ".NAME.KEY; names: " + joined(names(tables)));
    return nullptr;
  }

  /// `which` is ".NAME" or "[0]".
  node* named(const std::string& what, node::array& tables, std::string_view which) {
    if (which.starts_with('[') && which.ends_with(']')) {
      std::size_t index = 0;
      const auto* end = which.data() + which.size() - 1;
      const auto r = std::from_chars(which.data() + 1, end, index);
      if (r.ec == std::errc{} && r.ptr == end && index < tables.size())
        return &tables[index];
      found_.add(at_, what + std::string{which},
                 "there is no such " + what + "; allowed: " + what + "[0] to " + what + '[' +
                     std::to_string(tables.size() - 1) + "]");
      return nullptr;
    }
    which.remove_prefix(1);
    for (auto& table : tables)
      if (name_of(table) == which)
        return &table;
    found_.add(at_, what + '.' + std::string{which},
               "there is no such " + what + suggestion(which, names(tables)));
    return nullptr;
  }

  static std::vector<std::string> names(const node::array& tables) {
    std::vector<std::string> out;
    for (const auto& table : tables)
      out.push_back(printable(name_of(table)));
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
