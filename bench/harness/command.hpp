#pragma once

/// Runs a program to its end, or to the end of its time.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

using duration = std::chrono::nanoseconds;

struct command {
  std::vector<std::string> argv;
  /// What it prints goes to /dev/null instead of into `command_end::out`.
  bool discard_output = false;
};

/// A shell command.
[[nodiscard]] command shell(std::string script);

struct command_end {
  std::string out;
  /// Empty, or one sentence that says why there is no result: not found, exit status, signal, time.
  std::string problem;
  duration wall{};
  /// Of the command or the largest of its descendants that it waited for.
  std::uint64_t peak_kib = 0;
};

/// Blocks. The command has a process group of its own; at `limit` the whole group is killed. SIGINT and
/// SIGTERM kill it too, and end this program with 130.
[[nodiscard]] command_end run(const command& what, duration limit);

/// Lets `run` act on SIGINT and SIGTERM. Call it once, first.
void watch_signals();

}  // namespace bench
