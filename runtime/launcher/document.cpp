#include <weir/runtime/launcher/document.hpp>
#include <weir/runtime/record.hpp>

#include <toml++/toml.h>

#include <algorithm>

namespace weir::config {

namespace {

place place_of(const toml::source_region& region, const place& file) {
  auto p = file;
  p.line = region.begin.line;
  p.column = region.begin.column;
  return p;
}

node converted(const toml::node& from, const place& file);

node::array converted_array(const toml::array& from, const place& file) {
  node::array out;
  out.reserve(from.size());
  for (const auto& element : from)
    out.push_back(converted(element, file));
  return out;
}

node::table converted_table(const toml::table& from, const place& file) {
  node::table out;
  out.reserve(from.size());
  for (const auto& [key, content] : from)
    out.push_back({std::string{key.str()}, place_of(key.source(), file), converted(content, file)});
  // The library sorts by key; problems are to come in the order of the text.
  std::stable_sort(out.begin(), out.end(), [](const entry& a, const entry& b) {
    return std::pair{a.at.line, a.at.column} < std::pair{b.at.line, b.at.column};
  });
  return out;
}

node converted(const toml::node& from, const place& file) {
  node out;
  out.at = place_of(from.source(), file);
  if (const auto* t = from.as_table())
    out.content = converted_table(*t, file);
  else if (const auto* a = from.as_array())
    out.content = converted_array(*a, file);
  else if (const auto* s = from.as_string())
    out.content = s->get();
  else if (const auto* i = from.as_integer())
    out.content = i->get();
  else if (const auto* d = from.as_floating_point())
    out.content = d->get();
  else if (const auto* b = from.as_boolean())
    out.content = b->get();
  else
    out.content = temporal{};
  return out;
}

/// The library's description without what a person can't use: it may quote a long piece of the file.
std::string readable(const toml::parse_error& e) {
  return printable(std::string{e.description()}, 300);
}

struct type_name_visitor {
  std::string operator()(bool) const { return "a boolean"; }
  std::string operator()(std::int64_t) const { return "a whole number"; }
  std::string operator()(double) const { return "a number with a fraction"; }
  std::string operator()(const std::string&) const { return "a string"; }
  std::string operator()(temporal) const { return "a date or time"; }
  std::string operator()(const node::array&) const { return "an array"; }
  std::string operator()(const node::table&) const { return "a table"; }
};

struct shown_visitor {
  std::string operator()(bool b) const { return b ? "true" : "false"; }
  std::string operator()(std::int64_t n) const { return std::to_string(n); }
  std::string operator()(double d) const { return weir::to_text(value{d}); }
  std::string operator()(const std::string& s) const { return quoted(s, 60); }
  std::string operator()(temporal) const { return "a date or time"; }
  std::string operator()(const node::array&) const { return "an array"; }
  std::string operator()(const node::table&) const { return "a table"; }
};

}  // namespace

const entry* node::find(std::string_view key) const noexcept {
  const auto* t = as_table();
  if (!t)
    return nullptr;
  const auto found = std::find_if(t->begin(), t->end(), [&](const entry& e) { return e.key == key; });
  return found == t->end() ? nullptr : &*found;
}

entry* node::find(std::string_view key) noexcept {
  return const_cast<entry*>(std::as_const(*this).find(key));
}

std::string type_name(const node& n) {
  return std::visit(type_name_visitor{}, n.content);
}

std::string shown(const node& n) {
  return n.raw ? quoted(*n.raw, 60) : std::visit(shown_visitor{}, n.content);
}

std::optional<node> parse_document(std::string_view text, const std::string& origin, problems& found) {
  if (!within_limits(text, origin, found))
    return std::nullopt;
  const place file{origin};
  try {
    auto root = converted(toml::parse(text), file);
    root.at.line = root.at.column = 1;
    return root;
  } catch (const toml::parse_error& e) {
    found.add(place_of(e.source(), file), {}, "not TOML: " + readable(e));
    return std::nullopt;
  }
}

std::optional<node> parse_value(std::string_view text, const place& at) {
  problems ignored;
  const auto document = "v = " + std::string{text};
  if (!within_limits(document, {}, ignored))
    return std::nullopt;
  try {
    const auto root = toml::parse(document);
    const auto* v = root.size() == 1 ? root.get("v") : nullptr;
    if (!v)
      return std::nullopt;
    auto out = converted(*v, at);
    out.at = at;
    return out;
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

}  // namespace weir::config
