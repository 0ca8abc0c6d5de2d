#include <weir/actors/policy/balance.hpp>

#include <algorithm>
#include <cassert>
#include <numeric>

namespace weir::policy {

const std::vector<std::size_t>& balance::order(const std::vector<load>& loads) {
  assert(loads.size() == order_.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    // Slots and workers are far below 2^32: the products have room.
    const auto of_a = loads[a].inside * loads[b].parallelism;
    const auto of_b = loads[b].inside * loads[a].parallelism;
    return of_a != of_b ? of_a < of_b : taken_[a] < taken_[b];
  });
  return order_;
}

}  // namespace weir::policy
