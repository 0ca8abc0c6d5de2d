#include <weir/actors/policy/shutdown.hpp>

#include <algorithm>

namespace weir::policy {

namespace {

shutdown::time_point after(shutdown::time_point now, shutdown::duration d) {
  return d > shutdown::time_point::max() - now ? shutdown::time_point::max() : now + d;
}

}  // namespace

shutdown::duration shutdown::cancel_part(duration budget) noexcept {
  return std::min(budget / cancel_share, cancel_share_max);
}

shutdown::action shutdown::begin(time_point now, duration budget) {
  const auto kill_at = after(now, budget);
  const auto cancel_at = after(now, budget - cancel_part(budget));
  if (phase_ != phase::running) {
    kill_at_ = std::min(kill_at_, kill_at);
    cancel_at_ = std::min(cancel_at_, cancel_at);
    return action::nothing;
  }
  kill_at_ = kill_at;
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
  if (phase_ == phase::drain && now >= cancel_at_) {
    phase_ = phase::cancel;
    return action::cancel;
  }
  if (phase_ == phase::cancel && now >= kill_at_) {
    phase_ = phase::rest;
    return action::abandon;
  }
  return action::nothing;
}

std::optional<shutdown::time_point> shutdown::due() const noexcept {
  if (phase_ == phase::drain)
    return cancel_at_;
  if (phase_ == phase::cancel)
    return kill_at_;
  return std::nullopt;
}

}  // namespace weir::policy
