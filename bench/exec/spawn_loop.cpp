#include "spawn_loop.hpp"

#include <array>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace bench {

namespace {

struct child {
  pid_t pid = 0;
  std::array<int, 2> fds{-1, -1};  // its stdout and stderr
  std::array<std::string, 2> outputs;

  [[nodiscard]] bool open() const { return fds[0] >= 0 || fds[1] >= 0; }
};

std::string start(const std::string& program, std::size_t number, child& c) {
  int ends[2][2];
  if (::pipe2(ends[0], O_CLOEXEC) != 0 || ::pipe2(ends[1], O_CLOEXEC) != 0)
    return std::strerror(errno);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, ends[0][1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, ends[1][1], STDERR_FILENO);
  auto argument = std::to_string(number);
  char* argv[] = {const_cast<char*>(program.c_str()), argument.data(), nullptr};
  const auto wrong = ::posix_spawn(&c.pid, program.c_str(), &files, nullptr, argv, environ);
  ::posix_spawn_file_actions_destroy(&files);
  for (int i = 0; i < 2; ++i) {
    ::close(ends[i][1]);
    c.fds[i] = ends[i][0];
  }
  return wrong == 0 ? "" : std::strerror(wrong);
}

void read_some(child& c, int which) {
  char part[4096];
  const auto n = ::read(c.fds[which], part, sizeof part);
  if (n > 0) {
    c.outputs[which].append(part, static_cast<std::size_t>(n));
    return;
  }
  ::close(c.fds[which]);
  c.fds[which] = -1;
}

/// Waits for output of any of them and reads it.
void serve(std::vector<child>& running) {
  std::vector<pollfd> watched;
  for (const auto& c : running)
    for (const auto fd : c.fds)
      watched.push_back({fd, POLLIN, 0});
  ::poll(watched.data(), watched.size(), -1);
  for (std::size_t i = 0; i < watched.size(); ++i)
    if (watched[i].fd >= 0 && watched[i].revents != 0)
      read_some(running[i / 2], static_cast<int>(i % 2));
}

}  // namespace

std::string spawn_loop(const std::string& program, std::size_t n, std::size_t at_once) {
  std::vector<child> running;
  for (std::size_t next = 0; next < n || !running.empty();) {
    while (next < n && running.size() < at_once)
      if (auto problem = start(program, next++, running.emplace_back()); !problem.empty())
        return problem;
    serve(running);
    for (auto c = running.begin(); c != running.end();) {
      if (c->open()) {
        ++c;
        continue;
      }
      int status = 0;
      ::waitpid(c->pid, &status, 0);
      if (status != 0)
        return program + " failed";
      c = running.erase(c);
    }
  }
  return {};
}

}  // namespace bench
