#pragma once

/// Records over a channel. Holds what has come, at most 768 KiB, until it was asked for. All of it belongs to
/// one thread; one `next` and one write may be under way at the same time.

#include <weir/runtime/link/channel.hpp>
#include <weir/runtime/link/record.hpp>

#include <chrono>
#include <memory>
#include <vector>

namespace weir::link {

class record_stream {
public:
  record_stream(std::unique_ptr<channel> over, role ours);

  /// The next record; its content stays until the next call. Throws `thrown_error` of `ec::link`.
  [[nodiscard]] asio::awaitable<record> next();

  /// Sends a record. Throws `thrown_error` of `ec::link`.
  [[nodiscard]] asio::awaitable<void> write(record_kind kind, std::string_view content);

  /// Sends a record whose content stands in `whole` behind room for its head.
  [[nodiscard]] asio::awaitable<void> write(record_kind kind, std::span<std::byte> whole);

  [[nodiscard]] channel& over() noexcept { return *over_; }

  /// When something came last.
  [[nodiscard]] std::chrono::steady_clock::time_point heard() const noexcept { return heard_; }

private:
  void make_room();

  std::unique_ptr<channel> over_;
  record_reader reader_;
  std::vector<std::byte> buffer_;
  std::size_t first_ = 0;  // what has come stands in [first_, last_)
  std::size_t last_ = 0;
  std::size_t handled_ = 0;  // of the record that was returned last
  std::chrono::steady_clock::time_point heard_ = std::chrono::steady_clock::now();
};

}  // namespace weir::link
