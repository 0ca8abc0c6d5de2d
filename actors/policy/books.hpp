#pragma once

/// The account of a run (P1): every offer is admitted or rejected, and every admitted job ends once.

#include <cstdint>

namespace weir::policy {

struct books {
  std::uint64_t offered = 0;
  std::uint64_t admitted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t canceled = 0;

  [[nodiscard]] std::uint64_t ended() const noexcept { return completed + failed + canceled; }

  /// Admitted jobs without an outcome yet.
  [[nodiscard]] std::uint64_t open() const noexcept { return admitted - ended(); }

  /// True at rest, whatever happened before.
  [[nodiscard]] bool balanced() const noexcept { return offered == admitted + rejected && open() == 0; }

  friend bool operator==(const books&, const books&) = default;
};

}  // namespace weir::policy
