#pragma once

/// Lets one who waits for room in any of several stages know that there may be some. Who rings does not wait:
/// it costs an atomic addition while nobody listens.

#include <weir/actors/context.hpp>
#include <weir/actors/sync.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>

namespace weir::detail {

class doorbell {
public:
  /// A stage may close without anybody to ring: so no wait is longer than `look_pause`.
  explicit doorbell(duration look_pause = std::chrono::milliseconds{10}) : look_pause_(look_pause) {}

  void ring() noexcept {
    rung_.fetch_add(1);
    sync::interleave();
    if (!listens_.load())
      return;
    std::lock_guard guard{mutex_};
    changed_.notify_all();
  }

  /// How often it has rung; to be asked before one looks for room.
  [[nodiscard]] std::uint64_t count() const noexcept { return rung_.load(); }

  /// Waits until it has rung since `heard`, at most until `ctx` is canceled or for the pause. For one thread.
  void wait(std::uint64_t heard, const context& ctx) {
    const auto watch = ctx.on_cancel([this] { ring(); });
    std::unique_lock lock{mutex_};
    listens_.store(true);
    sync::interleave();
    changed_.wait_for(lock, look_pause_, [&] { return rung_.load() != heard; });
    listens_.store(false);
  }

private:
  const duration look_pause_;
  sync::mutex mutex_;
  sync::condition_variable changed_;
  std::atomic<std::uint64_t> rung_{0};
  std::atomic<bool> listens_{false};
};

}  // namespace weir::detail
