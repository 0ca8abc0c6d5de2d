#include <weir/runtime/short_text.hpp>

#include <array>
#include <cmath>
#include <cstdio>

namespace weir {

namespace {

/// `number` with three digits that matter, more if it has more before the point.
std::string three_digits(double number) {
  std::array<char, 32> text{};
  const auto decimals = number >= 99.95 || number == 0 ? 0 : number >= 9.995 ? 1 : 2;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, number);
  return text.data();
}

}  // namespace

std::string in_minutes(std::int64_t seconds) {
  std::array<char, 64> text{};
  if (seconds < 3600)
    std::snprintf(text.data(), text.size(), "%d min %02d s", static_cast<int>(seconds / 60),
                  static_cast<int>(seconds % 60));
  else
    std::snprintf(text.data(), text.size(), "%lld h %02d min", static_cast<long long>(seconds / 3600),
                  static_cast<int>(seconds / 60 % 60));
  return text.data();
}

std::string short_text(duration d) {
  const auto ns = static_cast<double>(d.count());
  if (ns < 999.5)
    return three_digits(ns) + " ns";
  if (ns < 999.5e3)
    return three_digits(ns / 1e3) + " µs";
  if (ns < 999.5e6)
    return three_digits(ns / 1e6) + " ms";
  if (ns < 99.95e9)
    return three_digits(ns / 1e9) + " s";
  return in_minutes(std::llround(ns / 1e9));
}

std::string short_text(double number) {
  return three_digits(number);
}

}  // namespace weir
