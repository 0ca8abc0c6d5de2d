#pragma once

/// Which of several stages a job goes to, where one of them is to have it: by demand. The one with the fewest
/// jobs for each that it runs at once comes first, of equals the one that was not taken for longest. Who
/// asks tries them in that order; so one that is full is passed over, and a slow one gets less.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::policy {

class balance {
public:
  struct load {
    std::uint64_t inside = 0;     ///< jobs that hold a slot
    std::size_t parallelism = 1;  ///< jobs that run at once
  };

  explicit balance(std::size_t stages) : taken_(stages, 0), order_(stages) {}

  /// The stages in the order to try them; `loads` has one for each. Good until the next call.
  [[nodiscard]] const std::vector<std::size_t>& order(const std::vector<load>& loads);

  /// This one took the job.
  void took(std::size_t stage) { taken_[stage] = ++turn_; }

private:
  std::vector<std::uint64_t> taken_;  // for each the turn in which it last took one
  std::vector<std::size_t> order_;
  std::uint64_t turn_ = 0;
};

}  // namespace weir::policy
