#pragma once

/// Cuts a descriptor's bytes into lines, as they come. Memory: one line and one block. A wait for
/// input ends when the context is canceled. Lines are bytes; used by one thread.

#include <weir/actors/context.hpp>
#include <weir/runtime/system/unique_fd.hpp>

#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace weir::detail {

class line_reader {
public:
  static constexpr std::size_t block_bytes = std::size_t{64} * 1024;

  struct limits {
    char delimiter = '\n';
    std::size_t line_bytes_max = std::size_t{1024} * 1024;
  };

  /// `fd` stays the caller's; `name` is what messages call it.
  line_reader(int fd, std::string name, limits bounds) : fd_(fd), name_(std::move(name)), bounds_(bounds) {}

  /// The next line without its delimiter; the last one needs none. Nothing at the end, or soon after
  /// `ctx` is canceled. Errors: `ec::io` when reading fails, `ec::failed` for a line that is too long,
  /// naming its number. Blocks until there is a line.
  caf::expected<std::optional<std::string>> next(const context& ctx);

  /// The number of the line that `next` returned last, from 1.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

private:
  // Waits for input; false if `ctx` was canceled instead.
  caf::expected<bool> wait(const context& ctx);
  caf::error fill(const context& ctx);
  std::string cut(std::size_t bytes, std::size_t delimiter_bytes);
  [[nodiscard]] caf::error too_long() const;
  [[nodiscard]] caf::error unreadable(int error) const;

  int fd_;
  std::string name_;
  limits bounds_;
  unique_fd wake_;
  std::string buffer_;
  std::size_t begin_ = 0;    // of the line that is being read
  std::size_t scanned_ = 0;  // no delimiter between `begin_` and here
  bool ended_ = false;
  std::uint64_t number_ = 0;
};

}  // namespace weir::detail
