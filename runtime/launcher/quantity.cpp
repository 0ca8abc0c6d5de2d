#include <weir/runtime/launcher/quantity.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace weir::config {

namespace {

struct unit {
  std::string_view name;
  std::int64_t factor;
};

// From large to small, as `to_text` takes them.
constexpr std::array duration_units{
    unit{"d", 86'400'000'000'000},
    unit{"h", 3'600'000'000'000},
    unit{"min", 60'000'000'000},
    unit{"s", 1'000'000'000},
    unit{"ms", 1'000'000},
    unit{"us", 1'000},
    unit{"ns", 1},
};

constexpr std::array size_units{
    unit{"TiB", std::int64_t{1} << 40},
    unit{"GiB", 1 << 30},
    unit{"MiB", 1 << 20},
    unit{"KiB", 1 << 10},
    unit{"B", 1},
    unit{"kB", 1'000},
    unit{"MB", 1'000'000},
    unit{"GB", 1'000'000'000},
    unit{"TB", 1'000'000'000'000},
};

template <class Units>
const unit* find_unit(const Units& units, std::string_view name) {
  const auto at = std::find_if(units.begin(), units.end(), [&](const unit& u) { return u.name == name; });
  return at == units.end() ? nullptr : &*at;
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes the longest prefix of `text` whose characters are `of`.
template <class Predicate>
std::string_view take(std::string_view& text, Predicate of) {
  std::size_t n = 0;
  while (n < text.size() && of(text[n]))
    ++n;
  const auto taken = text.substr(0, n);
  text.remove_prefix(n);
  return taken;
}

bool to_int64(std::string_view digits, std::int64_t& n) {
  const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  return r.ec == std::errc{} && r.ptr == digits.data() + digits.size();
}

/// `whole`.`fraction` times `factor`; digits of the fraction below one unit of the result are cut.
std::optional<std::int64_t> scaled(std::string_view whole, std::string_view fraction, std::int64_t factor) {
  std::int64_t n = 0;
  if (!to_int64(whole, n) || __builtin_mul_overflow(n, factor, &n))
    return std::nullopt;
  for (const char c : fraction) {
    factor /= 10;
    if (__builtin_add_overflow(n, factor * (c - '0'), &n))
      return std::nullopt;
  }
  return n;
}

}  // namespace

std::optional<duration> parse_duration(std::string_view text) {
  if (text.empty())
    return std::nullopt;
  std::int64_t sum = 0;
  while (!text.empty()) {
    const auto whole = take(text, digit);
    std::string_view fraction;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      fraction = take(text, digit);
      if (fraction.empty())
        return std::nullopt;
    }
    const auto* u = find_unit(duration_units, take(text, [](char c) { return !digit(c) && c != '.'; }));
    if (!u)
      return std::nullopt;
    const auto part = scaled(whole, fraction, u->factor);
    if (!part || __builtin_add_overflow(sum, *part, &sum))
      return std::nullopt;
  }
  return duration{sum};
}

std::string to_text(duration d) {
  if (d.count() <= 0)
    return "0s";
  std::string out;
  auto rest = d.count();
  for (const auto& u : duration_units)
    if (rest >= u.factor) {
      out += std::to_string(rest / u.factor) + std::string{u.name};
      rest %= u.factor;
    }
  return out;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  const auto digits = take(text, digit);
  const auto* u = text.empty() ? find_unit(size_units, "B") : find_unit(size_units, text);
  return u ? scaled(digits, {}, u->factor) : std::nullopt;
}

std::string size_text(std::int64_t bytes) {
  for (const auto& u : size_units) {
    if (u.factor == 1 || bytes <= 0)
      break;
    if (bytes % u.factor == 0)
      return std::to_string(bytes / u.factor) + std::string{u.name};
  }
  return std::to_string(bytes);
}

}  // namespace weir::config
