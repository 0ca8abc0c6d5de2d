#include <weir/actors/policy/retry.hpp>

#include <algorithm>
#include <cmath>

namespace weir::policy {

std::optional<retry::duration> retry::next(unsigned failed, std::uint64_t ended) {
  if (failed >= rule_.attempts)
    return std::nullopt;
  if (rule_.budget &&
      static_cast<double>(given_) >= rule_.budget_free + *rule_.budget * static_cast<double>(ended))
    return std::nullopt;
  ++given_;
  if (rule_.backoff == duration::zero())
    return duration::zero();
  const auto longest = static_cast<double>(rule_.backoff_max.count());
  const auto whole =
      std::min(static_cast<double>(rule_.backoff.count()) * std::pow(rule_.growth, failed - 1), longest);
  // Not by the library's distributions, whose numbers are each library's own.
  const auto drawn = static_cast<double>(random_() - random_.min()) / static_cast<double>(random_.max());
  return duration{static_cast<std::int64_t>(whole * (1 - rule_.jitter * drawn))};
}

}  // namespace weir::policy
