#include <weir/runtime/sources/braces.hpp>

#include <deque>

namespace weir::detail {

namespace {

// The first group of braces in a pattern: the positions of "{", of the commas at its own level, and of
// "}". No marks: there is no group.
struct group {
  std::vector<std::size_t> marks;
  bool broken = false;
};

// The position of the character after the one at `at`, a set and an escaped character being one.
// `sets_end` turns false at a bracket without an end: none after it has one either, and to look for each
// would cost the square of the pattern's length.
std::size_t next_character(std::string_view pattern, std::size_t at, bool& sets_end) {
  if (pattern[at] == '\\')
    return at + 2;
  if (pattern[at] != '[' || !sets_end)
    return at + 1;
  const auto end = end_of_set(pattern, at);
  sets_end = end != std::string_view::npos;
  return sets_end ? end : at + 1;
}

group first_group(std::string_view pattern) {
  group found;
  std::size_t depth = 0;
  bool sets_end = true;
  for (std::size_t at = 0; at < pattern.size(); at = next_character(pattern, at, sets_end)) {
    const char c = pattern[at];
    const auto before = depth;
    if (c == '{')
      ++depth;
    if (c == '}') {
      found.broken = before == 0;
      --depth;
    }
    if (found.broken)
      return found;
    if (before + depth == 1 || (c == ',' && depth == 1))
      found.marks.push_back(at);
    if (before == 1 && depth == 0)
      return found;
  }
  found.broken = depth > 0;
  return found;
}

}  // namespace

std::size_t end_of_set(std::string_view pattern, std::size_t at) noexcept {
  auto i = at + 1;
  if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^'))
    ++i;
  // A bracket right after the opening stands for itself.
  for (bool first = true; i < pattern.size(); ++i, first = false) {
    if (pattern[i] == '\\')
      ++i;
    else if (pattern[i] == ']' && !first)
      return i + 1;
  }
  return std::string_view::npos;
}

std::optional<std::vector<std::string>> spell_out_braces(const std::string& pattern, std::size_t most) {
  std::vector<std::string> done;
  std::deque<std::string> open{pattern};
  while (!open.empty()) {
    const auto p = std::move(open.front());
    open.pop_front();
    const auto found = first_group(p);
    if (found.broken || done.size() + open.size() >= most)
      return std::nullopt;
    if (found.marks.empty()) {
      done.push_back(p);
      continue;
    }
    // To the front, so that the spellings come out in the order in which they are written.
    const auto& marks = found.marks;
    for (auto i = marks.size() - 1; i-- > 0;) {
      const auto choice = p.substr(marks[i] + 1, marks[i + 1] - marks[i] - 1);
      open.push_front(p.substr(0, marks.front()) + choice + p.substr(marks.back() + 1));
    }
  }
  return done;
}

}  // namespace weir::detail
