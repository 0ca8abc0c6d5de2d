#pragma once

/// How often something may happen, for several threads. Each call takes a lock for some nanoseconds.

#include <weir/actors/clock.hpp>
#include <weir/actors/policy/rate_limit.hpp>
#include <weir/actors/sync.hpp>

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

  /// Takes the next free turn: how long until then. It is the caller's, who gives it back if nothing comes of
  /// it.
  [[nodiscard]] duration reserve(const clock& time) {
    std::lock_guard guard{mutex_};
    return limit_.reserve(time.now());
  }

  void give_back() {
    std::lock_guard guard{mutex_};
    limit_.give_back();
  }

private:
  sync::mutex mutex_;
  policy::rate_limit limit_;
};

/// A turn that has been taken; given back unless it is used.
class turn {
public:
  turn() = default;
  ~turn() {
    if (of_)
      of_->give_back();
  }
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

  void take(pace& of) noexcept { of_ = &of; }
  void use() noexcept { of_ = nullptr; }

private:
  pace* of_ = nullptr;
};

}  // namespace weir
