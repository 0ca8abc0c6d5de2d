#pragma once

/// Time as Weir sees it: an instant and a way to be called at one. Everything that waits for an
/// instant (deadlines, graces, phases) asks a `clock`, so tests replace it by one that they advance.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace weir {

using duration = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

/// A call that is due at an instant. Destroying it revokes the call; if the call is running on
/// another thread just then, the destructor waits for its end.
class timer {
public:
  timer() = default;
  explicit timer(std::shared_ptr<void> registration) : registration_(std::move(registration)) {}

  /// Revokes the call, as the destructor does.
  void reset() { registration_.reset(); }

private:
  std::shared_ptr<void> registration_;
};

/// A source of time. Thread-safe. It must outlive its timers.
class clock {
public:
  virtual ~clock() = default;

  [[nodiscard]] virtual time_point now() const noexcept = 0;

  /// Calls `call` once, at `when` or soon after, on a thread of the clock's. The call must be short
  /// and must not throw. Throws std::system_error if the system has no thread for it.
  [[nodiscard]] virtual timer at(time_point when, std::function<void()> call) = 0;
};

/// The process's monotonic clock. One thread serves all its timers; it starts with the first timer
/// and ends when none is left.
[[nodiscard]] clock& steady_clock();

/// The same time, but a thread that runs no user code: deadlines run callbacks of `on_cancel` on that of
/// `steady_clock`, and what ends a stage must come though one of these hangs.
[[nodiscard]] clock& control_clock();

/// The clock of what must come though user code holds up the thread of `time`: `control_clock` for
/// `steady_clock`, else `time` itself.
[[nodiscard]] clock& control_clock_for(clock& time);

/// A clock that stands still until it is advanced; for tests without sleeping.
class manual_clock final : public clock {
public:
  manual_clock();
  ~manual_clock() override;
  manual_clock(const manual_clock&) = delete;
  manual_clock& operator=(const manual_clock&) = delete;

  [[nodiscard]] time_point now() const noexcept override;
  [[nodiscard]] timer at(time_point when, std::function<void()> call) override;

  /// Moves time on and makes every call that has come due, in order of its instant, on this thread.
  void advance(duration by);

private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace weir
