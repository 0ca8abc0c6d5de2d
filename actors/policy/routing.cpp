#include <weir/actors/policy/routing.hpp>

#include <algorithm>

namespace weir::policy {

namespace {

std::uint64_t left(const holding& h) noexcept {
  return h.last - std::min(h.last, h.running + 1);
}

}  // namespace

std::optional<takeover> choose_takeover(std::span<const holding> busy,
                                        std::chrono::nanoseconds mean) noexcept {
  const auto most = std::max_element(busy.begin(), busy.end(),
                                     [](const holding& a, const holding& b) { return left(a) < left(b); });
  if (most == busy.end() || left(*most) == 0)
    return std::nullopt;
  const auto rest = left(*most);
  const auto worth = std::max<std::int64_t>(mean.count(), 1) * static_cast<std::int64_t>(rest);
  if (worth < takeover_min.count() && most->since < takeover_min)
    return std::nullopt;
  // The upper half, rounded up: of a single job that waits, that one.
  return takeover{most->worker, most->running + 1 + rest / 2};
}

}  // namespace weir::policy
