#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/launcher/progress_text.hpp>

#include <array>
#include <cmath>
#include <cstdio>

namespace weir::config {

namespace {

/// `number` with three digits that matter, more if it has more before the point.
std::string three_digits(double number) {
  std::array<char, 32> text{};
  const auto decimals = number >= 99.95 || number == 0 ? 0 : number >= 9.995 ? 1 : 2;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, number);
  return text.data();
}

std::string whole_parts(std::int64_t seconds) {
  std::array<char, 64> text{};
  if (seconds < 3600)
    std::snprintf(text.data(), text.size(), "%d min %02d s", static_cast<int>(seconds / 60),
                  static_cast<int>(seconds % 60));
  else
    std::snprintf(text.data(), text.size(), "%lld h %02d min", static_cast<long long>(seconds / 3600),
                  static_cast<int>(seconds / 60 % 60));
  return text.data();
}

std::string time_left(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
  return whole < 60 ? std::to_string(whole) + " s" : whole_parts(whole);
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

std::string short_text(duration d) {
  const auto ns = static_cast<double>(d.count());
  if (ns < 999.5)
    return three_digits(ns) + " ns";
  if (ns < 999.5e3)
    return three_digits(ns / 1e3) + " µs";
  if (ns < 999.5e6)
    return three_digits(ns / 1e6) + " ms";
  if (ns < 99.95e9)
    return three_digits(ns / 1e9) + " s";
  return whole_parts(std::llround(ns / 1e9));
}

std::string short_text(double number) {
  return three_digits(number);
}

std::string progress_text(const std::string& flow, const flow_progress& p, double per_second) {
  const auto ended = p.completed + p.failed;
  auto text = printable(flow, 40) + ": " + std::to_string(ended);
  if (p.total)
    text += '/' + std::to_string(*p.total);
  text += " done, " + short_text(per_second) + "/s, " + std::to_string(p.failed) + " failed, " +
          std::to_string(p.running) + " in flight";
  if (p.total && per_second > 0 && *p.total >= ended) {
    const auto left = static_cast<double>(*p.total - ended) / per_second;
    constexpr double shown_max = 1e6 * 3600;
    if (left < shown_max)
      text += ", " + time_left(left) + " left";
  }
  return text;
}

}  // namespace weir::config
