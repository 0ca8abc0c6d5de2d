#include <weir/runtime/launcher/signal_watch.hpp>
#include <weir/runtime/tasks/guardian.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <string_view>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace weir::config {

namespace {

/// What ends a run.
constexpr std::array ends{SIGINT, SIGTERM};

/// For the handler, which is told nothing else: of the watch that there is.
struct first_signal {
  std::atomic<int> number{0};
  std::atomic<duration::rep> at{0};
  std::atomic<duration::rep> echoes{0};
};
first_signal first_seen;
std::atomic<std::uint64_t> to_abandon{0};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
              std::atomic<duration::rep>::is_always_lock_free);

duration::rep now() noexcept {
  return duration{std::chrono::steady_clock::now().time_since_epoch()}.count();
}

/// "abandoned: 12 jobs". Only async-signal-safe calls.
void say_abandoned(std::uint64_t jobs) noexcept {
  constexpr std::string_view before = "abandoned: ";
  std::array<char, 64> line{};
  auto* end = std::copy(before.begin(), before.end(), line.data());
  end = std::to_chars(end, line.data() + line.size(), jobs).ptr;
  const std::string_view after = jobs == 1 ? " job\n" : " jobs\n";
  end = std::copy(after.begin(), after.end(), end);
  // What can't be written is not worth a wait.
  [[maybe_unused]] const auto written =
      ::write(STDERR_FILENO, line.data(), static_cast<std::size_t>(end - line.data()));
}

/// The second signal. Only async-signal-safe calls: the clock is clock_gettime(2).
extern "C" void weir_end_at_once(int number) {
  if (is_echo(first_seen.number, number, duration{now() - first_seen.at}, duration{first_seen.echoes}))
    return;
  guardian::close();
  guardian::kill_all();
  if (const auto jobs = to_abandon.load(); jobs > 0)
    say_abandoned(jobs);
  ::_exit(128 + number);
}

struct sigaction action_of(int number) {
  struct sigaction now {};
  ::sigaction(number, nullptr, &now);
  return now;
}

detail::unique_fd checked(int fd, const char* what) {
  if (fd < 0)
    throw std::system_error{errno, std::generic_category(), what};
  return detail::unique_fd{fd};
}

}  // namespace

signal_watch::signal_watch(std::function<void(int)> first, std::function<void()> asked, duration echoes)
    : first_(std::move(first)),
      asked_(std::move(asked)),
      echoes_(echoes),
      ends_before_{action_of(ends.front()), action_of(ends.back())} {
  ::sigemptyset(&watched_);
  for (const auto number : {SIGINT, SIGTERM, SIGQUIT})
    if (action_of(number).sa_handler != SIG_IGN)
      ::sigaddset(&watched_, number);
  signals_ = checked(::signalfd(-1, &watched_, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd");
  end_ = checked(::eventfd(0, EFD_CLOEXEC), "eventfd");
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &pipe_before_);
  ::pthread_sigmask(SIG_BLOCK, &watched_, &mask_before_);
  thread_ = std::thread{[this] { serve(); }};
}

signal_watch::~signal_watch() {
  static_cast<void>(::eventfd_write(end_.get(), 1));
  thread_.join();
  for (std::size_t i = 0; i < ends.size(); ++i)
    ::sigaction(ends[i], &ends_before_[i], nullptr);
  ::sigaction(SIGPIPE, &pipe_before_, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

void signal_watch::serve() {
  std::array<pollfd, 2> ready{{{signals_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
  for (;;) {
    if (::poll(ready.data(), ready.size(), -1) < 0)
      continue;
    if (ready[1].revents != 0)
      return;
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info))
      continue;
    if (info.ssi_signo == SIGQUIT)
      asked_();
    else
      begin_end(static_cast<int>(info.ssi_signo));
  }
}

/// From here on the kernel ends the process for the next one, whatever the run is waiting for: it comes to a
/// handler on this thread, not to a loop that may be busy.
void signal_watch::begin_end(int number) {
  first_seen.number = number;
  first_seen.at = now();
  first_seen.echoes = echoes_.count();
  struct sigaction end {};
  end.sa_handler = weir_end_at_once;
  end.sa_flags = SA_RESTART;
  sigset_t unblocked;
  ::sigemptyset(&unblocked);
  for (const auto n : ends)
    if (::sigismember(&watched_, n) == 1) {
      ::sigaction(n, &end, nullptr);
      ::sigaddset(&unblocked, n);
    }
  ::pthread_sigmask(SIG_UNBLOCK, &unblocked, nullptr);
  received_ = number;
  first_(number);
}

void signal_watch::would_abandon(std::uint64_t jobs) noexcept {
  to_abandon = jobs;
}

const char* signal_name(int number) noexcept {
  return number == SIGTERM ? "SIGTERM" : "SIGINT";
}

}  // namespace weir::config
