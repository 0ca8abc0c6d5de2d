#pragma once

#include <condition_variable>
#include <mutex>

namespace weir::test {

/// Something that happens once; the tests wait for events, never for time.
class event {
public:
  /// Lets go whoever waits, and waits until they have gone: threads that were written off may be among them.
  ~event() {
    std::unique_lock lock{mutex_};
    happened_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return waiting_ == 0; });
  }

  void set() {
    std::lock_guard guard{mutex_};
    happened_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock{mutex_};
    ++waiting_;
    changed_.wait(lock, [this] { return happened_; });
    if (--waiting_ == 0)
      changed_.notify_all();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool happened_ = false;
  int waiting_ = 0;
};

}  // namespace weir::test
