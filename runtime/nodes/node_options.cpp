#include <weir/actors/error.hpp>
#include <weir/runtime/nodes/node_options.hpp>

#include <algorithm>
#include <thread>

namespace weir::nodes {

namespace {

caf::error out_of_range(const char* option, std::uint64_t value, const std::string& min, std::uint64_t max) {
  return make_error(ec::invalid_option, std::string{option} + " is " + std::to_string(value) +
                                            ", allowed is " + min + " to " + std::to_string(max));
}

}  // namespace

std::uint32_t node_options::worker_count() const {
  return workers > 0 ? workers : std::clamp(std::thread::hardware_concurrency(), 1u, workers_max);
}

caf::error node_options::validate() const {
  if (auto e = link.validate())
    return e;
  if (workers > workers_max)
    return out_of_range("workers", workers, "0", workers_max);
  if (const auto least = 2 * worker_count(); credit < least || credit > credit_max)
    return out_of_range("credit", credit, std::to_string(least) + " (two for each worker)", credit_max);
  return {};
}

}  // namespace weir::nodes
