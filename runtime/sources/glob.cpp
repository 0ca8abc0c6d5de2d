#include <weir/actors/error.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/sources/braces.hpp>
#include <weir/runtime/sources/glob.hpp>

#include <algorithm>
#include <bit>

#include <fnmatch.h>

namespace weir::detail {

namespace {

constexpr std::uint64_t bit(std::size_t i) {
  return std::uint64_t{1} << i;
}

// What is wrong with one name of a pattern, or nothing.
const char* fault_of(const std::string& name) {
  if (name.empty())
    return "it has an empty name; a pattern is a path below the root, without a slash at its ends";
  if (name == "." || name == "..")
    return "it has a name \".\" or \"..\"; a pattern is a path below the root";
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '\0')
      return "it holds a NUL byte, which no name of a file can";
    if (name[i] == '\\' && ++i == name.size())
      return "it has a backslash at the end of a name; write \\\\ for a backslash";
    if (name[i] != '[')
      continue;
    const auto end = end_of_set(name, i);
    if (end == std::string::npos)
      return "it has a [ without its ] in the same name; write \\[ for a bracket";
    i = end - 1;
  }
  return nullptr;
}

constexpr std::size_t pattern_shown_max = 80;

caf::error invalid(std::string_view setting, const std::string& pattern, const std::string& fault) {
  return make_error(ec::invalid_option, std::string{setting} + ": the pattern " +
                                            config::quoted(pattern, pattern_shown_max) +
                                            " is not one: " + fault);
}

std::vector<std::string> names_of(std::string_view path) {
  std::vector<std::string> names;
  while (true) {
    const auto slash = path.find('/');
    names.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos)
      return names;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

caf::expected<glob_set::alternative> glob_set::parse_alternative(const std::string& pattern) {
  alternative parts;
  for (auto& name : names_of(pattern.starts_with("./") ? pattern.substr(2) : pattern)) {
    if (const auto* fault = fault_of(name))
      return make_error(ec::invalid_option, fault);
    if (name == "**") {
      if (parts.empty() || parts.back().kind != form::any_depth)
        parts.push_back({form::any_depth, {}});
    } else if (name == "*") {
      parts.push_back({form::any_name, {}});
    } else {
      const bool plain = name.find_first_of("*?[\\") == std::string::npos;
      parts.push_back({plain ? form::literal : form::pattern, std::move(name)});
    }
  }
  // Everything below, not the folder itself.
  if (parts.back().kind == form::any_depth)
    parts.push_back({form::any_name, {}});
  if (parts.size() > names_max)
    return make_error(ec::invalid_option, "it has more than " + std::to_string(names_max) + " names");
  return parts;
}

caf::expected<glob_set> glob_set::parse(std::string_view setting, const std::vector<std::string>& patterns) {
  glob_set set;
  for (const auto& pattern : patterns) {
    if (pattern.size() > pattern_bytes_max)
      return invalid(setting, pattern, "it is longer than " + std::to_string(pattern_bytes_max) + " bytes");
    const auto spellings = spell_out_braces(pattern, alternatives_max - set.alternatives_.size());
    if (!spellings)
      return invalid(setting, pattern,
                     "a brace has no partner (write \\{ for a brace), or there are more than " +
                         std::to_string(alternatives_max) + " alternatives");
    for (const auto& spelling : *spellings) {
      auto parsed = parse_alternative(spelling);
      if (!parsed)
        return invalid(setting, pattern, text_of(parsed.error()));
      set.alternatives_.push_back(std::move(*parsed));
    }
  }
  return set;
}

glob_set::place glob_set::start() const {
  place at;
  at.reserve(alternatives_.size());
  for (const auto& a : alternatives_)
    at.push_back(skip_any_depth(a, bit(0)));
  return at;
}

glob_set::place glob_set::below(const place& at, const std::string& name) const {
  place next(at.size());
  for (std::size_t i = 0; i < at.size(); ++i)
    next[i] = step(alternatives_[i], at[i], name) & ~bit(alternatives_[i].size());
  return next;
}

bool glob_set::matches(const place& at, const std::string& name) const {
  for (std::size_t i = 0; i < at.size(); ++i)
    if ((step(alternatives_[i], at[i], name) & bit(alternatives_[i].size())) != 0)
      return true;
  return false;
}

bool glob_set::is_open(const place& at) noexcept {
  return std::any_of(at.begin(), at.end(), [](std::uint64_t bits) { return bits != 0; });
}

bool glob_set::matches(const part& p, const std::string& name) {
  switch (p.kind) {
    case form::literal:
      return p.text == name;
    case form::any_name:
    case form::any_depth:
      return true;
    case form::pattern:
      return ::fnmatch(p.text.c_str(), name.c_str(), 0) == 0;
  }
  return false;
}

// All ways through an alternative at once, as Thompson's simulation of an automaton does it, so that no
// pattern costs more than its length for a name.
std::uint64_t glob_set::step(const alternative& a, std::uint64_t bits, const std::string& name) {
  std::uint64_t next = 0;
  for (; bits != 0; bits &= bits - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(bits));
    if (i < a.size() && matches(a[i], name))
      next |= a[i].kind == form::any_depth ? bit(i) : bit(i + 1);
  }
  return skip_any_depth(a, next);
}

// `**` may be no folder at all.
std::uint64_t glob_set::skip_any_depth(const alternative& a, std::uint64_t bits) noexcept {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].kind == form::any_depth && (bits & bit(i)) != 0)
      bits |= bit(i + 1);
  return bits;
}

}  // namespace weir::detail
