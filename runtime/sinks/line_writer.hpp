#pragma once

/// Writes whole lines to a descriptor through a buffer of its own. Used by one thread.
///
/// Invariants: what reaches the descriptor is all that was put, in order, up to the first failure; after
/// that nothing more is written and each call returns the same error. A regular file is cut back to its
/// last whole line when writing fails in the midst of one. Memory: `buffer_bytes` and the longest line.
/// A broken pipe is told by an error: the process must ignore SIGPIPE. Standard output may be shared
/// (standard_output.hpp).

#include <caf/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::detail {

class line_writer {
public:
  static constexpr std::size_t buffer_bytes = std::size_t{64} * 1024;

  /// `fd` stays the caller's and may be non-blocking; `name` is what messages call it.
  line_writer(int fd, std::string name);

  /// Takes one or more whole lines, each with its newline. Writes only when the buffer is full; may
  /// block then, until the reader takes something. Errors: `ec::sink_closed` when the reader has gone,
  /// else `ec::io` with the system's reason.
  caf::error put(std::string_view lines);

  /// Writes what is held back. Blocks and fails as `put` does.
  caf::error flush();

private:
  caf::error write_out(std::string_view bytes);
  caf::error write_now(std::string_view bytes);
  void cut_back(std::string_view written) const;

  int fd_;
  std::string name_;
  std::string held_;
  caf::error failed_;
};

}  // namespace weir::detail
