#pragma once

/// What is compared with what: families of contestants that do the same work.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command.hpp"

namespace bench {

/// How a run of a contestant becomes its figure.
enum class figure {
  google_benchmark,  ///< time for each item, from the JSON of the one benchmark that its filter leaves
  printed,           ///< nanoseconds for each job, printed as a number
  wall_time,         ///< of the whole command, divided by its jobs
  peak_memory,       ///< of the whole command, in KiB
};

/// A demand on the median of the ratios of two contestants' figures.
struct target {
  std::string peer;  ///< the name of the other contestant
  /// The peer's time over this one's: at least so many times as fast as the peer.
  double speed_min = 0;
  /// For `peak_memory`: at most so many KiB more than the peer.
  std::optional<std::uint64_t> excess_kib_max;
};

struct contestant {
  std::string name;
  command how;
  figure read = figure::wall_time;
  std::uint64_t jobs = 1;
  std::vector<target> targets;
};

struct family {
  char letter = '?';
  std::string title;
  /// The unit of the figures for people, and what a figure in ns (or KiB) is divided by to get it.
  std::string unit = "ns a job";
  double divisor = 1;
  std::vector<contestant> contestants;
};

struct places {
  std::string programs;  ///< where the contestants' programs lie
  std::string launcher;  ///< `weir`
  std::string root;      ///< the project
};

enum class extent { quick, usual, full };

/// All families. The one about memory, which takes long, only in a full run.
[[nodiscard]] std::vector<family> all_families(const places& at, extent how_much);

}  // namespace bench
