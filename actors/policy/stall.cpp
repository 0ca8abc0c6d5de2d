#include <weir/actors/policy/stall.hpp>

#include <utility>

namespace weir::policy {

std::optional<stall::duration> stall::observe(time_point now, const sight& s) noexcept {
  const auto passed = std::min(now - std::exchange(looked_, now), look_every());
  if (!s.open || s.moves != moves_) {
    moves_ = s.moves;
    moved_ = now;
    still_ = unattended_ = {};
    told_ = false;
    return std::nullopt;
  }
  const auto nobody = !s.at_work && !s.due;
  still_ += passed;
  unattended_ = nobody ? unattended_ + passed : duration::zero();
  const auto too_long =
      unattended_ >= unattended_max || (limit_ && still_ >= *limit_ && (s.at_work || nobody));
  if (told_ || !too_long)
    return std::nullopt;
  told_ = true;
  return now - moved_;
}

}  // namespace weir::policy
