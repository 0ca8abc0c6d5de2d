#pragma once

/// Runs the contestants of a family round by round, all of them in each round and in a new random order,
/// so that whatever else the machine does falls on all alike.

#include <iosfwd>
#include <string>
#include <vector>

#include "family.hpp"

namespace bench {

struct series {
  std::vector<double> figures;  ///< one a round, in ns (or KiB)
  std::uint64_t peak_kib = 0;   ///< the most that a run took
  std::string problem;          ///< why there are no figures; it left the race then
};

struct limits {
  unsigned rounds = 7;
  /// No round begins that would probably end after this; the first one does.
  duration budget{};
  /// For a single run of a contestant.
  duration run_max{};
};

/// One series for each contestant. A first round is not counted: it warms the caches and finds out who is
/// missing. Says on `progress` what it does.
[[nodiscard]] std::vector<series> measure(const family& f, const limits& bounds, unsigned seed,
                                          std::ostream& progress);

}  // namespace bench
