#pragma once

/// Time as Weir sees it: an instant and a way to be called at one. Everything that waits for an
/// instant (deadlines, graces, phases) asks a `clock`, so tests replace it by one that they advance.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace weir {

using duration = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

/// A call that is due at an instant. Destroying it revokes the call; if the call is running on
/// another thread just then, the destructor waits for its end.
class timer {
public:
  /// What a clock knows of the call.
  class registration {
  public:
    virtual ~registration() = default;

    /// Revokes the call. One that is running on another thread is waited for if it `waits`.
    virtual void revoke(bool waits) noexcept = 0;
  };

  timer() = default;
  explicit timer(std::unique_ptr<registration> call) : call_(std::move(call)) {}
  timer(timer&&) = default;
  timer& operator=(timer&& other) noexcept {
    auto before = std::exchange(call_, std::move(other.call_));
    end(std::move(before), true);
    return *this;
  }
  ~timer() { reset(); }

  /// Revokes the call, as the destructor does.
  void reset() noexcept { end(std::move(call_), true); }

  /// Revokes the call, but waits for none that is running: of use where that may come to wait for the caller.
  void take_back() noexcept { end(std::move(call_), false); }

private:
  static void end(std::unique_ptr<registration> call, bool waits) noexcept {
    if (call)
      call->revoke(waits);
  }

  std::unique_ptr<registration> call_;
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
