#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/launcher/progress_text.hpp>
#include <weir/runtime/short_text.hpp>

#include <cmath>

namespace weir::config {

namespace {

std::string time_left(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
  return whole < 60 ? std::to_string(whole) + " s" : in_minutes(whole);
}

}  // namespace

void rate_meter::observe(duration elapsed, std::uint64_t ended) noexcept {
  const auto seconds = std::chrono::duration<double>(elapsed - last_at_).count();
  if (seconds <= 0)
    return;
  const auto memory_seconds = std::chrono::duration<double>(memory).count();
  const auto weight = std::exp(-seconds / memory_seconds);
  // What these seconds weigh at their end, so that it does not matter in how many steps they came.
  const auto weighted = memory_seconds * (1 - weight);
  jobs_ = weight * jobs_ + static_cast<double>(ended - last_ended_) / seconds * weighted;
  seconds_ = weight * seconds_ + weighted;
  last_at_ = elapsed;
  last_ended_ = ended;
}

std::string progress_text(const std::string& flow, const flow_progress& p, double per_second,
                          const std::string& at_nodes, bool end_is_unknown) {
  const auto ended = p.completed + p.failed + p.dropped;
  auto text = printable(flow, 40) + ": " + std::to_string(ended);
  if (p.total)
    text += '/' + std::to_string(*p.total);
  text += " done, " + short_text(per_second) + "/s, " + std::to_string(p.failed) + " failed, " +
          std::to_string(p.running) + " in flight";
  if (!at_nodes.empty())
    text += ", " + at_nodes;
  if (!end_is_unknown && p.total && per_second > 0 && *p.total >= ended) {
    const auto left = static_cast<double>(*p.total - ended) / per_second;
    constexpr double shown_max = 1e6 * 3600;
    if (left < shown_max)
      text += ", " + time_left(left) + " left";
  }
  return text;
}

}  // namespace weir::config
