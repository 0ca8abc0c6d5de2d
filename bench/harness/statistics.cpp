#include "statistics.hpp"

#include <algorithm>
#include <cassert>

namespace bench {

double median(std::vector<double> values) {
  assert(!values.empty());
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 != 0)
    return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

double median_ratio(const std::vector<double>& of, const std::vector<double>& to) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(of.size(), to.size()); ++i)
    ratios.push_back(of[i] / to[i]);
  return median(std::move(ratios));
}

summary summarise(const std::vector<double>& values) {
  const auto [lowest, highest] = std::minmax_element(values.begin(), values.end());
  return {median(values), *lowest, *highest};
}

}  // namespace bench
