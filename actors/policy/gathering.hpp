#pragma once

/// Values that gather until they are as many as asked for, or until a time has passed since the first of them
/// came. A plain state machine: it is told the time and says whether it is due. Holds `size` values at most.

#include <weir/actors/policy/time.hpp>

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

namespace weir::policy {

template <class T>
class gathering {
public:
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

  /// `size` from 1.
  gathering(std::size_t size, duration time) : size_(size), time_(time) {}

  /// Adds a value that came at `now`; there must be room. True if it is the first: look again at `due_at`.
  bool add(T&& value, time_point now) {
    values_.push_back(std::move(value));
    if (values_.size() > 1)
      return false;
    due_at_ = after(now, time_);
    return true;
  }

  [[nodiscard]] bool empty() const noexcept { return values_.empty(); }
  [[nodiscard]] bool full() const noexcept { return values_.size() >= size_; }
  [[nodiscard]] time_point due_at() const noexcept { return due_at_; }

  /// True if the first value has waited for its time. Who asks for values that have been taken meanwhile
  /// hears no: those that gather since then are due later.
  [[nodiscard]] bool due(time_point now) const noexcept { return !values_.empty() && now >= due_at_; }

  /// What was taken is not passed on yet; before another value comes.
  void put_back(std::vector<T> values) { values_ = std::move(values); }

  /// The values, in the order in which they came; the next one is a first.
  [[nodiscard]] std::vector<T> take() { return std::exchange(values_, {}); }

private:
  const std::size_t size_;
  const duration time_;
  std::vector<T> values_;
  time_point due_at_{};
};

}  // namespace weir::policy
