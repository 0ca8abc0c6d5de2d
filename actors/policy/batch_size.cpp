#include <weir/actors/policy/batch_size.hpp>

#include <algorithm>

namespace weir::policy {

void batch_size::observe(std::uint64_t jobs, duration elapsed) noexcept {
  if (jobs == 0)
    return;
  const auto each = static_cast<double>(elapsed.count()) / static_cast<double>(jobs);
  // The newest batch weighs as much as all before it: a change of pace shows within a few batches.
  mean_ = measured_ ? (mean_ + each) / 2 : each;
  measured_ = true;
}

std::uint64_t batch_size::next(std::uint64_t queued, std::uint64_t workers) const noexcept {
  if (!measured_)
    return 1;
  const auto by_time = static_cast<std::uint64_t>(static_cast<double>(target.count()) / std::max(mean_, 0.1));
  const auto share = queued / (2 * std::max<std::uint64_t>(workers, 1));
  return std::max<std::uint64_t>(1, std::min({by_time, share, limit_}));
}

batch_size::duration batch_size::mean() const noexcept { return duration{static_cast<std::int64_t>(mean_)}; }

}  // namespace weir::policy
