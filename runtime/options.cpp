#include <weir/actors/error.hpp>
#include <weir/runtime/options.hpp>

#include <algorithm>
#include <memory>
#include <thread>

#include <sched.h>

namespace weir {

namespace {

caf::error check_parallelism(std::size_t n) {
  if (n >= 1 && n <= parallelism_max)
    return {};
  return make_error(ec::invalid_option, "parallelism is " + std::to_string(n) + ", allowed is 1 to " +
                                            std::to_string(parallelism_max));
}

caf::error check_rule(const policy::halt_rule& r) {
  if (r.percent <= 100 && (r.percent > 0 || r.count > 0))
    return {};
  return make_error(ec::invalid_option, "on_error waits for " + std::to_string(r.count) + " outcomes or " +
                                            std::to_string(r.percent) +
                                            " %, allowed is a count from 1 or 1 to 100 %");
}

/// The CPUs in this process's affinity; 0 if the system does not say.
std::size_t usable_cpus() noexcept {
  // A machine may have more CPUs than a cpu_set_t has room for; the call then asks for a larger one.
  for (int cpus = CPU_SETSIZE; cpus <= (1 << 20); cpus *= 4) {
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set{CPU_ALLOC(static_cast<std::size_t>(cpus)),
                                                               [](cpu_set_t* s) { CPU_FREE(s); }};
    const auto bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    if (!set)
      return 0;
    if (sched_getaffinity(0, bytes, set.get()) == 0)
      return static_cast<std::size_t>(CPU_COUNT_S(bytes, set.get()));
  }
  return 0;
}

}  // namespace

std::size_t default_parallelism() noexcept {
  const auto usable = usable_cpus();
  return std::clamp<std::size_t>(usable > 0 ? usable : std::thread::hardware_concurrency(), 1,
                                 parallelism_max);
}

caf::error engine_options::validate() const {
  if (message_threads >= 1 && message_threads <= message_threads_max)
    return {};
  return make_error(ec::invalid_option, "message_threads is " + std::to_string(message_threads) +
                                            ", allowed is 1 to " + std::to_string(message_threads_max));
}

caf::error map_options::validate() const {
  if (auto problem = check_parallelism(parallelism))
    return problem;
  return check_rule(on_error);
}

caf::error pool_options::validate() const {
  if (auto problem = check_parallelism(parallelism))
    return problem;
  if (auto problem = check_rule(on_error))
    return problem;
  if (shutdown_budget < duration::zero())
    return make_error(ec::invalid_option, "shutdown_budget is " + std::to_string(shutdown_budget.count()) +
                                              " ns, allowed is 0 or more");
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
