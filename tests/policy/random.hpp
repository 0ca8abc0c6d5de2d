#pragma once

/// The random tests of the policies: a seed that is printed, and can be given back in WEIR_SEED.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace weir::test {

/// A generator whose seed stands in the output if the test fails.
class seeded {
public:
  seeded() : seeded(choose()) {}
  explicit seeded(std::uint64_t seed, bool tell = true) : engine_(seed) {
    if (!tell)
      return;
    std::fprintf(stderr, "WEIR_SEED=%llu\n", static_cast<unsigned long long>(seed));
  }

  /// A number in [0, n), `n` > 0.
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  /// A number in [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  std::mt19937_64& engine() { return engine_; }

private:
  static std::uint64_t choose() {
    if (const auto* given = std::getenv("WEIR_SEED"))
      return std::strtoull(given, nullptr, 10);
    return std::random_device{}();
  }

  std::mt19937_64 engine_;
};

}  // namespace weir::test
