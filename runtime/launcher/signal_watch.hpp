#pragma once

/// The signals of a launcher. The first SIGINT or SIGTERM is told to the run, the second one ends the process
/// at once, unless it is only the echo of the first; each SIGQUIT asks for the state of the run, which goes
/// on. To be made on the main thread before there are others, as it blocks the signals for all that start
/// after it. A signal that was ignored at the start (`nohup`, a job in the background) stays so.
///
/// Owns one thread. While it exists SIGPIPE is ignored: a closed pipe is an error of the write.

#include <weir/actors/clock.hpp>
#include <weir/runtime/system/unique_fd.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <thread>

namespace weir::config {

/// One wish may come twice: `timeout` sends its signal to the process and then to the whole group,
/// microseconds apart; on a busy machine some milliseconds. A person who wants the end at once is slower, or
/// presses again.
inline constexpr duration echo_time = std::chrono::milliseconds{200};

/// Whether a signal, `since` so long after the `first`, is no wish of its own: the same once more.
[[nodiscard]] constexpr bool is_echo(int first, int next, duration since, duration within) noexcept {
  return next == first && since < within;
}

class signal_watch {
public:
  /// `first` is called with the number of the first signal that ends the run, `asked` whenever somebody asks
  /// for its state; both on a thread of this object's.
  /// `echoes` is how long the same signal after the first is taken for that.
  signal_watch(std::function<void(int)> first, std::function<void()> asked, duration echoes = echo_time);

  /// Restores what was there before.
  ~signal_watch();

  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

  /// What a second signal would leave behind: it then says how many jobs.
  static void would_abandon(std::uint64_t jobs) noexcept;

  /// The first signal that ends the run, or 0.
  [[nodiscard]] int received() const noexcept { return received_.load(); }

private:
  void serve();
  void begin_end(int number);

  std::function<void(int)> first_;
  std::function<void()> asked_;
  const duration echoes_;
  sigset_t watched_{};
  sigset_t mask_before_{};
  struct sigaction pipe_before_ {};
  std::array<struct sigaction, 2> ends_before_{};
  detail::unique_fd signals_;
  detail::unique_fd end_;
  std::atomic<int> received_{0};
  std::thread thread_;
};

/// "SIGINT" or "SIGTERM".
[[nodiscard]] const char* signal_name(int number) noexcept;

}  // namespace weir::config
