#pragma once

/// Consecutive jobs of one block: [first, last). What moves through the system instead of jobs.

#include <cstdint>
#include <utility>

namespace weir::policy {

/// `Block` is a handle, cheap to copy, that keeps the jobs alive.
template <class Block>
struct span {
  Block block{};
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  [[nodiscard]] std::uint64_t size() const noexcept { return last - first; }
  [[nodiscard]] bool empty() const noexcept { return first == last; }

  /// Cuts off and returns the first `n` jobs, `n <= size()`.
  span take_front(std::uint64_t n) {
    span front{block, first, first + n};
    first += n;
    return front;
  }

  /// Cuts off and returns the jobs from `at` on, `first <= at <= last`.
  span take_back(std::uint64_t at) {
    span back{block, at, last};
    last = at;
    return back;
  }
};

}  // namespace weir::policy
