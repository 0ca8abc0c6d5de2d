#pragma once

#include <condition_variable>
#include <mutex>

namespace weir::test {

/// Something that happens once; the tests wait for events, never for time.
class event {
public:
  void set() {
    std::lock_guard guard{mutex_};
    happened_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return happened_; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool happened_ = false;
};

}  // namespace weir::test
