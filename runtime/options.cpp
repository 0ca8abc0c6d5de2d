#include <weir/actors/error.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/options.hpp>
#include <weir/runtime/short_text.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include <sched.h>

namespace weir {

namespace {

using std::to_string;

std::string to_string(duration d) {
  return short_text(d);
}

template <class Value>
caf::error wrong(const std::string& what, const Value& value, const std::string& allowed) {
  return make_error(ec::invalid_option, what + " is " + to_string(value) + ", allowed is " + allowed);
}

caf::error check_parallelism(std::size_t n) {
  if (n >= 1 && n <= parallelism_max)
    return {};
  return wrong("parallelism", n, "1 to " + to_string(parallelism_max));
}

caf::error check_rule(const policy::halt_rule& r) {
  if (r.percent <= 100 && (r.percent > 0 || r.count > 0))
    return {};
  return make_error(ec::invalid_option, "on_error waits for " + to_string(r.count) + " outcomes or " +
                                            to_string(r.percent) +
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

caf::error check_retry(const policy::retry_rule& r) {
  using rule = policy::retry_rule;
  if (r.attempts < 1 || r.attempts > rule::attempts_max)
    return wrong("retry.attempts", r.attempts, "1 to " + to_string(rule::attempts_max));
  if (r.losses < 1 || r.losses > rule::losses_max)
    return wrong("retry.losses", r.losses, "1 to " + to_string(rule::losses_max));
  if (r.backoff_max < duration::zero() || r.backoff_max > rule::backoff_limit)
    return wrong("retry.backoff_max", r.backoff_max, "0 ns to 365 days");
  if (r.backoff < duration::zero() || r.backoff > r.backoff_max)
    return wrong("retry.backoff", r.backoff,
                 "0 ns to retry.backoff_max, which is " + to_string(r.backoff_max));
  if (!(r.growth >= 1) || !std::isfinite(r.growth))
    return wrong("retry.growth", r.growth, "1 or more");
  if (!(r.jitter >= 0 && r.jitter <= 1))
    return wrong("retry.jitter", r.jitter, "0 to 1");
  if (r.budget && !(*r.budget >= 0))
    return wrong("retry.budget", *r.budget, "0 or more");
  if (!(r.budget_free >= 0))
    return wrong("retry.budget_free", r.budget_free, "0 or more");
  return {};
}

caf::error check_timeouts(const policy::timeouts& t) {
  for (const auto& [what, limit] : {std::pair{"timeouts.submit", t.submit},
                                    std::pair{"timeouts.queue", t.queue}, std::pair{"timeouts.run", t.run}})
    if (limit && (*limit <= duration::zero() || *limit > policy::timeouts::limit_max))
      return wrong(what, *limit, "1 ns to 365 days");
  if (t.grace < duration::zero() || t.grace > policy::timeouts::limit_max)
    return wrong("timeouts.grace", t.grace, "0 ns to 365 days");
  if (t.abandoned_max > parallelism_max)
    return wrong("timeouts.abandoned_max", t.abandoned_max, "0 to " + to_string(parallelism_max));
  return {};
}

caf::error check_rate(const policy::rate_rule& r) {
  using rule = policy::rate_rule;
  if (r.per_second != 0 && !(r.per_second >= rule::per_second_min && r.per_second <= rule::per_second_max))
    return wrong("rate.per_second", r.per_second, "0 (no limit), or 1e-6 to 1e9");
  if (r.burst < 1 || r.burst > rule::burst_max)
    return wrong("rate.burst", r.burst, "1 to " + to_string(rule::burst_max));
  return {};
}

}  // namespace

std::size_t default_parallelism() noexcept {
  const auto usable = usable_cpus();
  return std::clamp<std::size_t>(usable > 0 ? usable : sync::thread::hardware_concurrency(), 1,
                                 parallelism_max);
}

caf::error engine_options::validate() const {
  if (message_threads >= 1 && message_threads <= message_threads_max)
    return {};
  return wrong("message_threads", message_threads, "1 to " + to_string(message_threads_max));
}

caf::error map_options::validate() const {
  if (auto problem = check_parallelism(parallelism))
    return problem;
  if (auto problem = check_rule(on_error))
    return problem;
  return check_retry(retry);
}

caf::error pool_options::validate() const {
  if (auto problem = check_parallelism(parallelism))
    return problem;
  if (auto problem = check_rule(on_error))
    return problem;
  if (auto problem = check_retry(retry))
    return problem;
  if (auto problem = check_timeouts(timeouts))
    return problem;
  if (auto problem = check_rate(rate))
    return problem;
  if (stall_after && (*stall_after < policy::stall::limit_min || *stall_after > policy::stall::limit_max))
    return wrong("stall_after", *stall_after, "1 s to 365 days");
  if (overflow == policy::overflow::redirect)
    return make_error(ec::invalid_option, "overflow is redirect, which only a stage of a flow can do");
  if (shutdown_budget < duration::zero())
    return wrong("shutdown_budget", shutdown_budget, "0 or more");
  if (capacity > capacity_max)
    return wrong("capacity", capacity, "0 to " + to_string(capacity_max));
  if (capacity != 0 && capacity < parallelism)
    return make_error(
        ec::invalid_option,
        "capacity " + to_string(capacity) + " is below parallelism " + to_string(parallelism) +
            ": a job that runs holds a slot, so not all workers could ever run; use 0 (run now or "
            "refuse) or at least " +
            to_string(parallelism));
  return {};
}

caf::error check_repeatable(const policy::retry_rule& rule, bool repeatable) {
  if (repeatable || !rule.repeats())
    return {};
  return make_error(
      ec::invalid_option,
      "retry.attempts is " + to_string(rule.attempts) +
          ", but the task takes its job as a value that can only be moved, so nothing is left to "
          "try again; let it take a reference");
}

caf::error worker_options::validate() const {
  if (workers < 1 || workers > parallelism_max)
    return wrong("workers", workers, "1 to " + to_string(parallelism_max));
  if (stop_time <= duration::zero() || stop_time > policy::timeouts::limit_max)
    return wrong("stop_time", stop_time, "1 ns to 365 days");
  if (abandoned_max > parallelism_max)
    return wrong("abandoned_max", abandoned_max, "0 to " + to_string(parallelism_max));
  return {};
}

}  // namespace weir
