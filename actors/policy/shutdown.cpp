#include <weir/actors/policy/shutdown.hpp>
#include <weir/actors/policy/time.hpp>

#include <algorithm>

namespace weir::policy {

shutdown::duration shutdown::cancel_part(duration budget) noexcept {
  return std::min(budget / cancel_share, cancel_share_max);
}

shutdown::action shutdown::begin(time_point now, duration budget) {
  // The end of time has no quarter before it.
  const auto endless = after(now, budget) == time_point::max();
  const auto within = [&](duration d) { return endless ? time_point::max() : after(now, d); };
  const auto abandon_at = within(budget - cancel_part(budget) / hand_over_share);
  const auto leave_at = std::max(within(budget), after(abandon_at, hand_over_min));
  const auto cancel_at = within(budget - cancel_part(budget));
  if (phase_ != phase::running) {
    leave_at_ = std::min(leave_at_, leave_at);
    abandon_at_ = std::min(abandon_at_, abandon_at);
    cancel_at_ = std::min(cancel_at_, cancel_at);
    return action::nothing;
  }
  leave_at_ = leave_at;
  abandon_at_ = abandon_at;
  cancel_at_ = cancel_at;
  phase_ = phase::drain;
  return action::close;
}

shutdown::action shutdown::advance(time_point now, bool at_rest) {
  if (phase_ == phase::running || phase_ == phase::rest)
    return action::nothing;
  if (at_rest) {
    phase_ = phase::rest;
    return action::finish;
  }
  if (now < *due())
    return action::nothing;
  switch (phase_) {
    case phase::drain:
      phase_ = phase::cancel;
      return action::cancel;
    case phase::cancel:
      phase_ = phase::hand_over;
      return action::abandon;
    default:
      phase_ = phase::rest;
      return action::leave;
  }
}

std::optional<shutdown::time_point> shutdown::due() const noexcept {
  switch (phase_) {
    case phase::drain:
      return cancel_at_;
    case phase::cancel:
      return abandon_at_;
    case phase::hand_over:
      return leave_at_;
    default:
      return std::nullopt;
  }
}

}  // namespace weir::policy
