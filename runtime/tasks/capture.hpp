#pragma once

/// One captured stream of a command: a pipe's read end, and the text that came out of it up to a limit.

#include <weir/runtime/system/unique_fd.hpp>

#include <cstddef>
#include <string>

namespace weir::detail {

class capture {
public:
  capture(unique_fd from, std::size_t bytes_max) noexcept : from_(std::move(from)), bytes_max_(bytes_max) {}

  /// What to poll: -1 once the stream has ended.
  [[nodiscard]] int fd() const noexcept { return from_.get(); }

  /// Takes what `revents` of a poll announced, with one read, into `text` or nowhere. Does not block.
  /// Returns the bytes read.
  std::size_t take(short revents);

  [[nodiscard]] bool truncated() const noexcept { return truncated_; }
  [[nodiscard]] std::string release() noexcept { return std::move(text_); }

private:
  unique_fd from_;
  std::size_t bytes_max_;
  std::string text_;
  bool truncated_ = false;
};

/// Reads what is in the pipes of `out` and `err` and does not wait for more: a process that left the
/// group may hold them open for ever.
void take_rest(capture& out, capture& err);

}  // namespace weir::detail
