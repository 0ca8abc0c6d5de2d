#include <weir/actors/policy/duration_histogram.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace weir::policy {

namespace {

constexpr auto steps_log2 = duration_histogram::steps_log2;
constexpr auto steps = duration_histogram::steps;

/// Values below `steps` have a bucket each; above, each doubling has `steps` of equal width.
std::size_t bucket_of(std::uint64_t value) noexcept {
  if (value < steps)
    return static_cast<std::size_t>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - steps_log2 - 1;
  return static_cast<std::size_t>(shift * steps + (value >> shift));
}

/// The largest value that falls into the bucket.
std::uint64_t top_of(std::size_t bucket) noexcept {
  if (bucket < steps)
    return bucket;
  const auto shift = bucket / steps - 1;
  return ((bucket - shift * steps + 1) << shift) - 1;
}

}  // namespace

void duration_histogram::add(duration d) noexcept {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(d.count(), 0));
  ++buckets_[bucket_of(value)];
  ++count_;
  max_ = std::max(max_, d);
}

duration_histogram::duration duration_histogram::quantile(double q) const noexcept {
  if (count_ == 0)
    return {};
  const auto rank =
      static_cast<std::uint64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t b = 0; b < buckets_.size(); ++b) {
    seen += buckets_[b];
    if (seen >= std::max<std::uint64_t>(rank, 1))
      return std::min(duration{static_cast<std::int64_t>(top_of(b))}, max_);
  }
  return max_;
}

}  // namespace weir::policy
