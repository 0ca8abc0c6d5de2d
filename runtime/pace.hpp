#pragma once

/// How often something may happen, for several threads. Each call takes a lock for some nanoseconds.

#include <weir/actors/context.hpp>
#include <weir/actors/policy/rate_limit.hpp>

#include <mutex>

namespace weir {

class pace {
public:
  /// The rule must limit.
  explicit pace(const policy::rate_rule& rule) : limit_(rule) {}

  /// Whether one may happen now; if so it counts.
  [[nodiscard]] bool try_next(const clock& time) {
    std::lock_guard guard{mutex_};
    return limit_.allow(time.now());
  }

  /// Waits for the turn of one more; each caller has its own, in the order in which they came. False if `ctx`
  /// is canceled before: then it does not count. Blocks.
  [[nodiscard]] bool next(const context& ctx) {
    std::unique_lock lock{mutex_};
    const auto wait = limit_.reserve(ctx.time().now());
    lock.unlock();
    if (wait <= duration::zero() || !ctx.wait_for(wait))
      return true;
    lock.lock();
    limit_.give_back();
    return false;
  }

private:
  std::mutex mutex_;
  policy::rate_limit limit_;
};

}  // namespace weir
