#pragma once

/// A sink takes the outcomes of a flow, one at a time, on one thread at a time.

#include <weir/runtime/record.hpp>

#include <caf/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace weir {

/// A completed job as a sink sees it.
struct completed_item {
  std::uint64_t index = 0;  ///< its place among the items of all sources, from 0
  const item& from;
  const record& result;
  unsigned attempt = 1;
  double queue_seconds = 0;
  double run_seconds = 0;
};

/// A failed job as a sink sees it. Canceled jobs are only counted, in the summary.
struct failed_item {
  std::uint64_t index = 0;
  const item& from;
  const caf::error& reason;
  unsigned attempt = 1;
  double queue_seconds = 0;
  double run_seconds = 0;
};

class sink {
public:
  virtual ~sink() = default;

  /// The paths of the files that it writes or replaces. Called once, before the first `put`.
  [[nodiscard]] virtual std::vector<std::string> files() const { return {}; }

  /// Makes sure that it can write. Called once, before the run begins; after an error nothing is started.
  virtual caf::error open() { return {}; }

  /// Takes one completed job. An error ends the run: `ec::sink_closed` when the reader has gone,
  /// `ec::io` otherwise.
  virtual caf::error put(const completed_item& done) = 0;

  /// Takes one failed job. Only sinks that list failures in their output override this.
  virtual caf::error put(const failed_item&) { return {}; }

  /// Writes what is still held back. Called once, after the last `put`.
  virtual caf::error finish() = 0;

  /// `finish` for a run that ended before all of its input was done: a cancel, a deadline, a halt, a
  /// source that failed. A sink that must not pass off a part for the whole overrides this.
  virtual caf::error finish_early() { return finish(); }

  /// Writes out whole lines that are held back, so that a slow flow shows its results in time.
  virtual caf::error flush() { return {}; }
};

}  // namespace weir
