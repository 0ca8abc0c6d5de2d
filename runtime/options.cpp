#include <weir/actors/error.hpp>
#include <weir/runtime/options.hpp>

#include <algorithm>
#include <thread>

namespace weir {

namespace {

caf::error check_parallelism(std::size_t n) {
  if (n >= 1 && n <= parallelism_max)
    return {};
  return make_error(ec::invalid_option, "parallelism is " + std::to_string(n) + ", allowed is 1 to " +
                                            std::to_string(parallelism_max));
}

}  // namespace

std::size_t default_parallelism() noexcept {
  return std::max(1u, std::thread::hardware_concurrency());
}

caf::error map_options::validate() const {
  return check_parallelism(parallelism);
}

caf::error pool_options::validate() const {
  if (auto problem = check_parallelism(parallelism))
    return problem;
  if (capacity > capacity_max)
    return make_error(ec::invalid_option, "capacity is " + std::to_string(capacity) + ", allowed is 0 to " +
                                              std::to_string(capacity_max));
  if (capacity != 0 && capacity < parallelism)
    return make_error(
        ec::invalid_option,
        "capacity " + std::to_string(capacity) + " is below parallelism " + std::to_string(parallelism) +
            ": a job that runs holds a slot, so not all workers could ever run; use 0 (run now or "
            "refuse) or at least " +
            std::to_string(parallelism));
  return {};
}

}  // namespace weir
