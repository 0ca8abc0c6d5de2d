#pragma once

/// Whose jobs an idle worker takes over. Workers pull, so routing decides nothing while jobs wait in
/// the queue; once it is empty, the worker with the most jobs left gives half of them away (lazy
/// binary splitting: Tzannes, Caragea, Barua and Vishkin, 2010). So a long job never holds up the
/// short ones behind it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace weir::policy {

/// What a busy worker still holds.
struct holding {
  std::size_t worker = 0;
  std::uint64_t running = 0;         ///< the index of the job that it runs
  std::uint64_t last = 0;            ///< one past its last job
  std::chrono::nanoseconds since{};  ///< how long ago it took them
};

/// Take the jobs from `at` on from `worker`.
struct takeover {
  std::size_t worker = 0;
  std::uint64_t at = 0;
};

/// Jobs worth less than this are faster done than handed over.
inline constexpr std::chrono::nanoseconds takeover_min{20'000};

/// The takeover for an idle worker, or nothing if none is worth it now. `mean` is the time of a job.
/// A worker that has held its jobs for longer than they should take is stuck in a long one: then
/// what lies behind it is worth taking at any size.
[[nodiscard]] std::optional<takeover> choose_takeover(std::span<const holding> busy,
                                                      std::chrono::nanoseconds mean) noexcept;

}  // namespace weir::policy
