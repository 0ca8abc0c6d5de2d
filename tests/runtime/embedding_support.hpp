#pragma once

/// What the tests of the embedder's face share. Jobs wait for events here, never for a time; the only
/// limit in time is the one after which a test that hangs is given up.

#include <weir/actors/context.hpp>
#include <weir/runtime/engine.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stdexcept>

namespace weir::testing {

/// After this long an event that a test waits for will not come any more.
inline constexpr std::chrono::seconds hopeless{60};

/// Holds whoever comes until it is opened.
class gate {
public:
  /// Opens it, and waits until all have gone: threads that were written off may be among them.
  ~gate() {
    open();
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, hopeless, [this] { return inside_ == 0; });
  }

  void open() {
    std::lock_guard guard{mutex_};
    open_ = true;
    changed_.notify_all();
  }

  void wait() {
    std::unique_lock lock{mutex_};
    ++came_;
    ++inside_;
    changed_.notify_all();
    const auto opened = changed_.wait_for(lock, hopeless, [this] { return open_; });
    --inside_;
    changed_.notify_all();
    if (!opened)
      throw std::runtime_error{"the gate was never opened"};
  }

  /// Waits until `n` have come to the gate.
  void wait_for_arrivals(std::uint64_t n) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, hopeless, [&] { return came_ >= n; }))
      throw std::runtime_error{"not all came to the gate"};
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t came_ = 0;
  std::uint64_t inside_ = 0;
  bool open_ = false;
};

/// A task that hands its number back when the gate is open.
inline auto waits_at(gate& g) {
  return [&g](int i) {
    g.wait();
    return i;
  };
}

/// Lets its visitors go on in groups of `size`: nobody passes unless so many are here at once.
class meeting {
public:
  explicit meeting(std::uint64_t size) : size_(size) {}

  void arrive_and_wait() {
    std::unique_lock lock{mutex_};
    const auto my_round = came_++ / size_;
    changed_.notify_all();
    if (!changed_.wait_for(lock, hopeless, [&] { return came_ >= (my_round + 1) * size_; }))
      throw std::runtime_error{"the meeting was never complete"};
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t size_;
  std::uint64_t came_ = 0;
};

/// How many are inside at once, and the most there ever were.
class head_count {
public:
  void enter() noexcept {
    const auto now = ++inside_;
    for (auto seen = peak_.load(); seen < now && !peak_.compare_exchange_weak(seen, now);) {
    }
  }
  void leave() noexcept { --inside_; }
  [[nodiscard]] std::uint64_t peak() const noexcept { return peak_; }

private:
  std::atomic<std::uint64_t> inside_{0};
  std::atomic<std::uint64_t> peak_{0};
};

struct with_engine {
  engine on;
  context ctx = context::background();
};

}  // namespace weir::testing
