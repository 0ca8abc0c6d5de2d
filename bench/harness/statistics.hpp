#pragma once

/// What is said of the rounds of a contestant. Medians, because other programs on the machine make some
/// rounds slow and none fast; ratios round by round, because what disturbs a round disturbs both sides.

#include <vector>

namespace bench {

/// The middle value, or the mean of the two in the middle. Needs at least one value.
[[nodiscard]] double median(std::vector<double> values);

/// The median of `of[i] / to[i]`, over the rounds that both have. Needs at least one; none of `to` is 0.
[[nodiscard]] double median_ratio(const std::vector<double>& of, const std::vector<double>& to);

struct summary {
  double median = 0;
  double lowest = 0;
  double highest = 0;
};

/// Needs at least one value.
[[nodiscard]] summary summarise(const std::vector<double>& values);

}  // namespace bench
