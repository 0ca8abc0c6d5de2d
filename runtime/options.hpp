#pragma once

/// Options of the embedder's face. Each struct has its defaults in place and says itself whether its
/// values make sense; whoever takes one checks it before anything starts.

#include <weir/actors/clock.hpp>
#include <weir/actors/policy/halt.hpp>
#include <weir/actors/policy/overflow.hpp>
#include <weir/actors/policy/rate_limit.hpp>
#include <weir/actors/policy/restart.hpp>
#include <weir/actors/policy/retry.hpp>
#include <weir/actors/policy/stall.hpp>
#include <weir/actors/policy/timeouts.hpp>
#include <weir/runtime/order.hpp>

#include <caf/error.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace weir {

inline constexpr std::size_t parallelism_max = 1024;
inline constexpr std::size_t capacity_max = 1u << 28;
inline constexpr std::size_t message_threads_max = 64;

/// The number of CPUs that this process may use (its affinity counts), at least 1 and at most
/// `parallelism_max`. One system call.
[[nodiscard]] std::size_t default_parallelism() noexcept;

struct engine_options {
  /// Threads that carry messages, 1 to `message_threads_max`. They never run user code; two are
  /// enough for any load.
  std::size_t message_threads = 2;

  /// `ec::invalid_option` and a sentence that names the option, its value and what is allowed; no
  /// error if all is well. So for each struct here.
  [[nodiscard]] caf::error validate() const;
};

/// Which failures are worth another attempt; none: all of them. Called on the workers, several at a time;
/// what it throws is a no.
using retry_predicate = std::function<bool(const caf::error&)>;

struct map_options {
  /// Jobs that run at once, 1 to `parallelism_max`.
  std::size_t parallelism = default_parallelism();
  /// When the run ends early; errgroup's rule by default.
  policy::halt_rule on_error = policy::fail_fast;
  /// Of the outcomes of `parallel_outcomes`; `parallel_map` always returns input order.
  weir::order order = weir::order::input;
  /// How often, and after which waits, a job that failed is tried again. Meanwhile it keeps its slot and
  /// holds no worker; each attempt gets the job as the last one left it.
  policy::retry_rule retry = {};
  retry_predicate retry_if = {};

  [[nodiscard]] caf::error validate() const;
};

struct pool_options {
  std::string name = "pool";  ///< in messages and logs
  /// Jobs that run at once, 1 to `parallelism_max`.
  std::size_t parallelism = default_parallelism();
  /// Slots for admitted jobs, those that run included. 0: as many as `parallelism`, so that a job
  /// runs now or is refused. Otherwise `parallelism` to `capacity_max`.
  std::size_t capacity = 0;
  /// When the pool ends early because of its outcomes.
  policy::halt_rule on_error = policy::collect;
  /// How long the destructor waits for jobs that do not stop, before it writes off their threads.
  /// Not negative.
  duration shutdown_budget = std::chrono::seconds{10};
  /// How often, and after which waits, a job that failed is tried again. Meanwhile it keeps its slot and
  /// holds no worker; each attempt gets the job as the last one left it.
  policy::retry_rule retry = {};
  retry_predicate retry_if = {};
  /// Limits of the time until a job is admitted, until it starts, and of each attempt.
  policy::timeouts timeouts = {};
  /// What `submit` does when it is full; `try_submit` always refuses.
  policy::overflow overflow = policy::overflow::block;
  /// How often jobs are admitted: `submit` waits for its turn, `try_submit` refuses with `ec::rate_limited`.
  policy::rate_rule rate = {};
  /// Logs what the stage holds and waits for when for so long no job has begun or ended, though there are
  /// some; 1 s to 365 days. None: nobody looks.
  std::optional<duration> stall_after = {};

  [[nodiscard]] caf::error validate() const;
  /// How many jobs may share a block. One whose time is watched has its own; one that backs off keeps the
  /// whole of its block, so that there it is small. `sent`: they are done elsewhere, as many at once as share
  /// a block.
  [[nodiscard]] std::uint64_t block_max(bool sent) const noexcept {
    return timeouts.watch_jobs() ? 1 : retry.repeats() ? 16 : sent ? 16'384 : 4096;
  }
  [[nodiscard]] std::size_t slots() const noexcept { return capacity == 0 ? parallelism : capacity; }
};

/// The fields of `pool_options`, with what a stream has beside them.
struct stream_options {
  std::string name = "stream";
  std::size_t parallelism = default_parallelism();
  std::size_t capacity = 0;
  policy::halt_rule on_error = policy::collect;
  duration shutdown_budget = std::chrono::seconds{10};
  /// In which outcomes reach the receiver.
  weir::order order = weir::order::input;
  policy::retry_rule retry = {};
  retry_predicate retry_if = {};
  policy::timeouts timeouts = {};
  policy::overflow overflow = policy::overflow::block;
  policy::rate_rule rate = {};
  std::optional<duration> stall_after = {};

  [[nodiscard]] caf::error validate() const { return for_pool().validate(); }
  [[nodiscard]] pool_options for_pool() const {
    return {.name = name,
            .parallelism = parallelism,
            .capacity = capacity,
            .on_error = on_error,
            .shutdown_budget = shutdown_budget,
            .retry = retry,
            .retry_if = retry_if,
            .timeouts = timeouts,
            .overflow = overflow,
            .rate = rate,
            .stall_after = stall_after};
  }
};

/// An error if `rule` repeats jobs that their task takes away.
[[nodiscard]] caf::error check_repeatable(const policy::retry_rule& rule, bool repeatable);

/// Of `worker_from_actor`.
struct worker_options {
  /// As many as the stage has `parallelism`; with fewer, jobs wait for a free one within their attempt.
  std::size_t workers = default_parallelism();
  /// For those that end before they have had a job, all workers together. Each is restarted by itself, as
  /// they are alike: `how` does not count.
  policy::restart_rule restart = {.intensity = 10};
  /// How long a worker has to end when it was asked to, before it is killed; and then before it is left to
  /// itself.
  duration stop_time = std::chrono::seconds{5};
  /// No more workers than this are left to themselves at a time; further ones keep their places.
  std::size_t abandoned_max = 8;

  /// `ec::invalid_option` with what is allowed, or no error.
  [[nodiscard]] caf::error validate() const;
};

}  // namespace weir
