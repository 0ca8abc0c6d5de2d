#include <weir/actors/policy/repeat_filter.hpp>

#include <algorithm>
#include <utility>

namespace weir::policy {

std::optional<std::uint64_t> repeat_filter::observe(const std::string& text, time_point now) {
  const auto found = known_.find(text);
  if (found == known_.end()) {
    make_room();
    known_.emplace(text, memory{now});
    return 0;
  }
  auto& m = found->second;
  if (now - m.told < period_) {
    ++m.untold;
    return std::nullopt;
  }
  m.told = now;
  return std::exchange(m.untold, 0);
}

void repeat_filter::make_room() {
  if (known_.size() < texts_max_)
    return;
  const auto by_time = [](const auto& a, const auto& b) { return a.second.told < b.second.told; };
  known_.erase(std::min_element(known_.begin(), known_.end(), by_time));
}

}  // namespace weir::policy
