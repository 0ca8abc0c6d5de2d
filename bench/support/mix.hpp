#pragma once

/// Jobs with real work, of the same lengths for every contestant; go_pool has the same in Go.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

namespace bench {

/// About a microsecond of a processor of today: so many dependent multiplications.
inline constexpr double rounds_in_us = 930;

/// A chain that no compiler shortens and no processor overlaps, for so many rounds.
inline std::uint64_t churn(std::uint64_t x, std::uint64_t rounds) {
  for (; rounds > 0; --rounds)
    x = x * 6364136223846793005U + 1442695040888963407U;
  return x;
}

/// SplitMix64 (Steele, Lea, Flood 2014), as a number from 0 to below 1.
inline double fraction_of(std::uint64_t i) {
  auto z = (i + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/// Pareto with exponent 1.3: most take a few µs, the mean is about 10, the longest 5,000.
inline double heavy_tailed_us(std::uint64_t i) {
  constexpr double shortest = 2.5;
  constexpr double longest = 5'000;
  return std::min(longest, shortest * std::pow(1 - fraction_of(i), -1 / 1.3));
}

/// The lengths, in rounds, of the jobs of a mix: "1", "10" or "100" µs each, or "tail".
inline std::vector<std::uint64_t> lengths_of(std::string_view mix) {
  constexpr double work_us = 200'000;
  const auto alike = [](double us) {
    return std::vector(static_cast<std::size_t>(work_us / us), static_cast<std::uint64_t>(us * rounds_in_us));
  };
  if (mix != "tail")
    return alike(mix == "1" ? 1 : mix == "10" ? 10 : 100);
  std::vector<std::uint64_t> all(20'000);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<std::uint64_t>(heavy_tailed_us(i) * rounds_in_us);
  return all;
}

}  // namespace bench
