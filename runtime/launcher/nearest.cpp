#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/place.hpp>

#include <algorithm>
#include <array>

namespace weir::config {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Optimal string alignment (Damerau and Levenshtein, each pair exchanged at most once).
std::size_t distance(std::string_view a, std::string_view b) {
  using row = std::array<std::size_t, nearest_length_max + 1>;
  row before_last{}, last{}, current{};
  for (std::size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
        current[j] = std::min(current[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = current;
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view given, const std::vector<std::string>& known) {
  if (given.empty() || given.size() > nearest_length_max)
    return std::nullopt;
  std::optional<std::string> best;
  std::size_t best_distance = nearest_length_max;
  for (const auto& name : known) {
    if (name.size() > nearest_length_max)
      continue;
    const auto d = distance(given, name);
    const auto allowed = (std::max(given.size(), name.size()) + 2) / 3;
    if (d <= allowed && d < best_distance) {
      best = name;
      best_distance = d;
    }
  }
  return best;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names)
    out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::string suggestion(std::string_view given, const std::vector<std::string>& known) {
  if (const auto near = nearest(given, known))
    return "; did you mean " + quoted(*near) + "?";
  return "; known: " + joined(known);
}

}  // namespace weir::config
