#include <weir/actors/policy/adaptive_limit.hpp>

#include <algorithm>
#include <cmath>

namespace weir::policy {

adaptive_limit::adaptive_limit(const adaptive_rule& rule)
    : rule_(rule), limit_(std::clamp(rule.initial, rule.min, rule.max)) {}

std::uint64_t adaptive_limit::clamped(double limit) const noexcept {
  const auto whole = static_cast<std::uint64_t>(std::max(std::round(limit), 0.0));
  return std::clamp(whole, rule_.min, rule_.max);
}

bool adaptive_limit::observe(duration time, std::uint64_t running) noexcept {
  if (old_calls_ > 0) {
    --old_calls_;
    return false;
  }
  const auto before = limit();
  sum_ += static_cast<double>(std::max<std::int64_t>(time.count(), 1));
  peak_ = std::max(peak_, running);
  if (++calls_ >= std::max(window_min, before))
    end_window();
  return limit() != before;
}

void adaptive_limit::end_window() noexcept {
  const auto mean = sum_ / static_cast<double>(calls_);
  if (draining_) {
    base_ = mean;
    draining_ = false;
    windows_ = 0;
  } else {
    base_ = base_ == 0 ? mean : std::min(base_, mean);
    adjust(mean);
    if (++windows_ >= windows_between_drains) {
      draining_ = true;
      old_calls_ = peak_;
    }
  }
  sum_ = 0;
  calls_ = 0;
  peak_ = 0;
}

void adaptive_limit::adjust(double mean) noexcept {
  const auto now = static_cast<double>(limit_);
  const auto waiting = now * (1 - base_ / mean);
  const auto welcome = std::sqrt(now);
  if (waiting > 2 * welcome)
    limit_ = clamped(std::max(now - waiting + welcome, now / 2));
  // A limit that nobody has come near to says nothing.
  else if (waiting < welcome && peak_ * 2 >= limit_)
    limit_ = clamped(now + std::max(1.0, welcome / 2));
}

}  // namespace weir::policy
