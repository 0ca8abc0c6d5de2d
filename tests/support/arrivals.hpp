#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>

namespace weir::test {

/// Things that come from other threads, to be waited for in their order.
template <class T>
class arrivals {
public:
  void add(T what) {
    const std::lock_guard guard{mutex_};
    all_.push_back(std::move(what));
    came_.notify_all();
  }

  /// Waits for the next one.
  T take() {
    std::unique_lock lock{mutex_};
    came_.wait(lock, [this] { return !all_.empty(); });
    auto first = std::move(all_.front());
    all_.pop_front();
    return first;
  }

  [[nodiscard]] std::size_t size() {
    const std::lock_guard guard{mutex_};
    return all_.size();
  }

private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<T> all_;
};

}  // namespace weir::test
