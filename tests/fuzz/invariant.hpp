#pragma once

/// What a fuzz target checks. It ends the process where it does not hold, so that libFuzzer keeps the input.

#include <cstdio>
#include <cstdlib>

namespace weir::fuzz {

inline void require(bool holds, const char* invariant) {
  if (holds)
    return;
  std::fprintf(stderr, "broken invariant: %s\n", invariant);
  std::abort();
}

}  // namespace weir::fuzz
