#pragma once

/// What is compared with what: families of contestants that do the same work.

#include <cstdint>
#include <string>
#include <vector>

#include "command.hpp"

namespace bench {

/// How a run of a contestant becomes its figure.
enum class figure {
  google_benchmark,  ///< time for each item, from the JSON of the one benchmark that its filter leaves
  printed,           ///< a number: nanoseconds for each job, or what the unit of its family is made from
  printed_share,     ///< a number from 0 to 1, the part of the ideal that is reached: becomes times the ideal
  wall_time,         ///< of the whole command, divided by its jobs
  peak_memory,       ///< of the whole command, in KiB
};

/// A demand on a contestant's figures; made by one of the three below.
struct target {
  enum class on { speed, excess, figure };
  on what;
  /// The name of the contestant beside which it is measured; empty for `on::figure`.
  std::string peer;
  double bound;
};

/// The peer's time over this one's, as the median of the ratios: at least so many times as fast.
[[nodiscard]] inline target faster_than(std::string peer, double times) {
  return {target::on::speed, std::move(peer), times};
}
/// Between medians, in the family's unit: at most so much more than the peer.
[[nodiscard]] inline target above(std::string peer, double at_most) {
  return {target::on::excess, std::move(peer), at_most};
}
/// The median itself, in the family's unit.
[[nodiscard]] inline target at_most(double figure) {
  return {target::on::figure, {}, figure};
}

struct contestant {
  std::string name;
  command how;
  figure read = figure::wall_time;
  std::uint64_t jobs = 1;
  std::vector<target> targets;
};

struct family {
  /// A letter, and where several families have it, what tells them apart: "A", "B10".
  std::string id;
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

/// All families. That of the memory of a flow, which takes long, only in a full run.
[[nodiscard]] std::vector<family> all_families(const places& at, extent how_much);

}  // namespace bench
