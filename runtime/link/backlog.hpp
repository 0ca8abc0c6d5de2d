#pragma once

/// How much of what a peer sent waits here to be handled: the relay adds what it lets pass, whoever handles
/// it takes it off, and above the limit the relay reads no more. All members are thread-safe.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weir::link {

class backlog {
public:
  static constexpr std::int64_t bytes_max = std::int64_t{8} << 20;
  /// What a text takes beside its bytes, about, on its way through mailboxes.
  static constexpr std::int64_t bytes_for_each_text = 256;

  void add(std::size_t texts, std::size_t bytes) noexcept { held_.fetch_add(cost(texts, bytes)); }
  void take_off(std::size_t bytes) noexcept { held_.fetch_sub(cost(1, bytes)); }

  [[nodiscard]] bool full() const noexcept { return held_.load() >= bytes_max; }

private:
  static std::int64_t cost(std::size_t texts, std::size_t bytes) noexcept {
    return static_cast<std::int64_t>(texts) * bytes_for_each_text + static_cast<std::int64_t>(bytes);
  }

  std::atomic<std::int64_t> held_{0};
};

}  // namespace weir::link
