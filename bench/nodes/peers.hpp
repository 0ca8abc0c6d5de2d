#pragma once

/// Family N, what its peers in C++ have in common: the jobs, the processes, the figures.

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench::nodes {

using steady = std::chrono::steady_clock;

/// Bounds a peer that hangs, and its nodes.
inline constexpr unsigned program_max_s = 60;

/// In a message or a blob; a few of those fit into each window.
inline constexpr std::uint64_t jobs_max = 1'024;

/// Two numbers there and back.
struct short_jobs {
  struct job {
    std::uint64_t number;
    std::uint64_t value;
  };
  static constexpr std::uint64_t count = 2'000'000;
  static constexpr std::uint64_t warm_up = 100'000;
  /// At most so many are under way.
  static constexpr std::uint64_t window = 65'536;

  static job make(std::uint64_t i) { return {i, i + 1}; }
  static void work(job& j) { j.value *= j.value; }
  static bool is_right(std::uint64_t i, const job& j) {
    return j.number == i && j.value == (i + 1) * (i + 1);
  }
};

/// 1 KiB there and back.
struct blocks {
  struct job {
    std::uint64_t number;
    std::array<char, 1016> rest;
  };
  static constexpr std::uint64_t count = 200'000;
  static constexpr std::uint64_t warm_up = 10'000;
  static constexpr std::uint64_t window = 4'096;

  static job make(std::uint64_t i) {
    job made{.number = i, .rest = {}};
    made.rest.fill(static_cast<char>(i));
    return made;
  }
  static void work(job& j) { j.rest[0] = static_cast<char>(~j.rest[0]); }
  static bool is_right(std::uint64_t i, const job& j) {
    auto wanted = make(i);
    work(wanted);
    return std::memcmp(&wanted, &j, sizeof j) == 0;
  }
};

/// Of jobs that each make one of so many nodes wait.
struct waits {
  static constexpr std::chrono::milliseconds each{1};
  static constexpr std::uint64_t count = 1'000;
  static constexpr std::uint64_t warm_up = 100;

  /// As exactly as the system can: by itself it adds up to 50 µs, to save wake-ups.
  static void wait() {
    ::prctl(PR_SET_TIMERSLACK, 1);
    std::this_thread::sleep_for(each);
  }
};

/// This program again, with other arguments; ends with its parent.
class node_process {
public:
  explicit node_process(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "node");
    std::vector<char*> argv;
    for (auto& a : arguments)
      argv.push_back(a.data());
    argv.push_back(nullptr);
    const auto parent = ::getpid();
    id_ = ::fork();
    if (id_ < 0)
      throw std::runtime_error{"can't start a node"};
    if (id_ > 0)
      return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() == parent)
      ::execv("/proc/self/exe", argv.data());
    ::_exit(127);
  }
  ~node_process() {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }
  node_process(const node_process&) = delete;
  node_process& operator=(const node_process&) = delete;

  /// Of a program that `node_process` has started: its first argument stands in place of the program's name.
  [[nodiscard]] static bool is_one(char** argv) { return std::strcmp(argv[0], "node") == 0; }

private:
  pid_t id_ = -1;
};

/// Throws if a result was missing, wrong or out of turn.
inline void require(bool good) {
  if (!good)
    throw std::runtime_error{"a result is missing, wrong or out of turn"};
}

/// Nanoseconds for each of `jobs`, which `run` does after some others.
template <class Jobs, class Run>
double time_of_a_job(Run run) {
  require(run(Jobs::warm_up));
  const auto begun = steady::now();
  require(run(Jobs::count));
  return std::chrono::duration<double, std::nano>(steady::now() - begun).count() /
         static_cast<double>(Jobs::count);
}

/// The nanoseconds that a job takes there and back, one after the other: the median, or the 99th percentile.
template <class Ask>
std::int64_t percentile(const std::string& which, Ask ask) {
  constexpr std::uint64_t jobs = 2'000;
  std::vector<std::chrono::nanoseconds> all;
  for (std::uint64_t i = 0; i < 2 * jobs; ++i) {
    const auto begun = steady::now();
    const auto result = ask(short_jobs::make(i));
    const auto took = steady::now() - begun;
    require(short_jobs::is_right(i, result));
    if (i >= jobs)
      all.push_back(took);
  }
  std::sort(all.begin(), all.end());
  return all[which == "p50" ? jobs / 2 : jobs * 99 / 100].count();
}

}  // namespace bench::nodes
