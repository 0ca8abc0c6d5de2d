#include <weir/actors/policy/rate_limit.hpp>

#include <algorithm>
#include <cmath>

namespace weir::policy {

rate_limit::duration rate_limit::wait_at(time_point now) const noexcept {
  return duration{static_cast<std::int64_t>(std::ceil(std::max(0.0, due_ - tolerance_ - at(now))))};
}

void rate_limit::take(time_point now) noexcept {
  due_ = std::max(due_, at(now)) + interval_;
}

}  // namespace weir::policy
