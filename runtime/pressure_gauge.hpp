#pragma once

/// Bounds how many calls run at once, on the threads of their callers: one that finds the bound reached is
/// refused at once. Use it where somebody waits for the call anyway, as a server's handler does; use a pool
/// where the work is to run on threads of its own. A call that is let in costs two turns of a lock, some ten
/// nanoseconds each. All members are thread-safe, except the destructor: a gauge outlives its permits.

#include <weir/actors/adaptive_mutex.hpp>
#include <weir/actors/clock.hpp>
#include <weir/actors/policy/adaptive_limit.hpp>
#include <weir/actors/policy/admission.hpp>
#include <weir/runtime/invoke.hpp>

#include <cstdint>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace weir {

class pressure_gauge {
public:
  /// `limit`: calls at once; 0 refuses all.
  explicit pressure_gauge(std::uint64_t limit) : admission_(limit) {}

  /// Finds its limit by itself, from how long the calls take (policy/adaptive_limit.hpp). `time` outlives it.
  /// Throws std::invalid_argument if the rule is not valid.
  explicit pressure_gauge(const policy::adaptive_rule& rule, const clock& time = steady_clock())
      : adaptive_(checked(rule)), time_(&time), admission_(adaptive_->limit()) {}
  pressure_gauge(const pressure_gauge&) = delete;
  pressure_gauge& operator=(const pressure_gauge&) = delete;

  /// Leave to run, for as long as it lives. Movable.
  class permit {
  public:
    permit(permit&& other) noexcept : of_(std::exchange(other.of_, nullptr)), begun_(other.begun_) {}
    permit& operator=(permit&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(begun_, other.begun_);
      return *this;
    }
    ~permit() {
      if (of_)
        of_->leave(begun_);
    }

  private:
    friend class pressure_gauge;
    permit(pressure_gauge& of, time_point begun) : of_(&of), begun_(begun) {}
    pressure_gauge* of_;
    time_point begun_;
  };

  /// Leave to run, or nothing if as many run as may. Does not block.
  [[nodiscard]] std::optional<permit> try_enter() {
    std::lock_guard guard{mutex_};
    if (admission_.admit(released_))
      return permit{*this, adaptive_ ? time_->now() : time_point{}};
    admission_.reject();
    return std::nullopt;
  }

  /// Calls `f` now and returns what a task's outcome would hold (invoke.hpp): its value, or the error that it
  /// returned or threw. `ec::overloaded`, and `f` was not called, if as many run as may. Blocks as long as
  /// `f` does.
  template <std::invocable F>
  auto run(F&& f) {
    struct no_job {};
    const auto call = [&](no_job&) -> decltype(auto) { return std::invoke(f); };
    using result = caf::expected<task_result_t<decltype(call), no_job>>;
    const auto leave_to_run = try_enter();
    if (!leave_to_run)
      return result{make_error(ec::overloaded, "as many calls run as may")};
    no_job none;
    return result{run_task(call, context::background(), none)};
  }

  /// With a smaller limit nobody is interrupted: calls are refused until enough have ended. Without effect on
  /// a gauge that finds its limit by itself.
  void resize(std::uint64_t limit) {
    std::lock_guard guard{mutex_};
    if (!adaptive_)
      admission_.resize(limit);
  }

  struct snapshot {
    std::uint64_t limit = 0;
    std::uint64_t running = 0;
    std::uint64_t admitted = 0;  ///< so far
    std::uint64_t rejected = 0;  ///< so far
  };
  [[nodiscard]] snapshot look() const {
    std::lock_guard guard{mutex_};
    return {admission_.capacity(), admission_.used(released_), admission_.admitted(), admission_.rejected()};
  }

private:
  static const policy::adaptive_rule& checked(const policy::adaptive_rule& rule) {
    if (!rule.valid())
      throw std::invalid_argument{
          "pressure_gauge: min is " + std::to_string(rule.min) + ", max is " + std::to_string(rule.max) +
          "; allowed: 1 <= min <= max <= " + std::to_string(policy::adaptive_rule::limit_max)};
    return rule;
  }

  void leave(time_point begun) noexcept {
    std::lock_guard guard{mutex_};
    const auto running = admission_.used(released_++);
    if (adaptive_ && adaptive_->observe(time_->now() - begun, running))
      admission_.resize(adaptive_->limit());
  }

  mutable adaptive_mutex mutex_;
  std::optional<policy::adaptive_limit> adaptive_;
  const clock* time_ = nullptr;
  policy::admission admission_;
  std::uint64_t released_ = 0;
};

}  // namespace weir
