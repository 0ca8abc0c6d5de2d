#include <weir/actors/policy/batch_size.hpp>

#include <algorithm>

namespace weir::policy {

void batch_size::observe(std::uint64_t jobs, duration elapsed) noexcept {
  if (jobs == 0)
    return;
  const auto each = static_cast<double>(elapsed.count()) / static_cast<double>(jobs);
  if (!measured_)
    mean_ = each;
  else if (each < mean_)
    mean_ = (mean_ + 3 * each) / 4;
  else
    mean_ = std::min(each, mean_ * growth_max);
  mean_ = std::max(mean_, 0.1);
  measured_ = true;
}

std::uint64_t batch_size::next(std::uint64_t queued, std::uint64_t workers) const noexcept {
  if (!measured_)
    return 1;
  const auto worth = [this](duration d) {
    return static_cast<std::uint64_t>(static_cast<double>(d.count()) / mean_);
  };
  const auto share = queued / (2 * std::max<std::uint64_t>(workers, 1));
  const auto fair = std::min(std::max(share, worth(time_ / shortest_part)), worth(time_));
  return std::clamp<std::uint64_t>(fair, 1, limit_);
}

batch_size::duration batch_size::mean() const noexcept {
  return duration{static_cast<std::int64_t>(mean_)};
}

}  // namespace weir::policy
