#include "command.hpp"

#include <algorithm>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace bench {

namespace {

using steady = std::chrono::steady_clock;

constexpr int exit_by_signal = 130;

volatile sig_atomic_t interrupted = 0;

/// A file in memory: unlike a pipe it never makes the command wait for its reader.
class memory_file {
public:
  memory_file() : fd_(::memfd_create("bench", MFD_CLOEXEC)) {}
  ~memory_file() { ::close(fd_); }
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::string content() const {
    std::string all;
    char part[4096];
    for (ssize_t n = 0; (n = ::pread(fd_, part, sizeof part, static_cast<off_t>(all.size()))) > 0;)
      all.append(part, static_cast<std::size_t>(n));
    return all;
  }

private:
  int fd_;
};

/// Starts it; returns the error number.
int start(const command& what, const memory_file& out, const memory_file& err, pid_t& pid) {
  std::vector<char*> argv;
  for (const auto& a : what.argv)
    argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (what.discard_output)
    ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  else
    ::posix_spawn_file_actions_adddup2(&files, out.fd(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, err.fd(), STDERR_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const auto wrong = ::posix_spawnp(&pid, argv[0], &files, &attributes, argv.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  return wrong;
}

/// False if it was not at its end by `deadline`.
bool wait_until(pid_t pid, steady::time_point deadline) {
  // glibc 2.36 declares pidfd_open without C linkage.
  pollfd ended{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), POLLIN, 0};
  auto over = false;
  while (!over && !interrupted) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady::now()).count();
    if (left <= 0)
      break;
    over = ::poll(&ended, 1, static_cast<int>(std::min<std::int64_t>(left, 100))) > 0;
  }
  ::close(ended.fd);
  return over;
}

std::string problem_of(int status, const std::string& err) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return {};
  auto text = WIFSIGNALED(status) ? std::string{"ended by signal "} + ::strsignal(WTERMSIG(status))
                                  : "exit status " + std::to_string(WEXITSTATUS(status));
  const auto said = err.substr(0, std::min<std::size_t>(err.find('\n'), 160));
  return said.empty() ? text : text + ": " + said;
}

}  // namespace

command shell(std::string script) {
  return {{"/bin/sh", "-c", std::move(script)}, true};
}

command_end run(const command& what, duration limit) {
  const memory_file out;
  const memory_file err;
  const auto begun = steady::now();
  pid_t pid = 0;
  if (const auto wrong = start(what, out, err, pid); wrong != 0)
    return {{}, "can't start " + what.argv[0] + ": " + std::strerror(wrong), {}, 0};
  const auto over = wait_until(pid, begun + limit);
  const auto wall = steady::now() - begun;
  if (!over)
    ::kill(-pid, SIGKILL);
  int status = 0;
  rusage used{};
  while (::wait4(pid, &status, 0, &used) < 0 && errno == EINTR) {
  }
  if (interrupted)
    ::exit(exit_by_signal);
  auto problem = over ? problem_of(status, err.content())
                      : "not at its end after " +
                            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(limit).count()) +
                            " s";
  return {out.content(), std::move(problem), wall, static_cast<std::uint64_t>(used.ru_maxrss)};
}

void watch_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace bench
