#pragma once

/// A thread of which a test can tell that it waits in the kernel, so that what should wake it up is
/// done no earlier.

#include <atomic>
#include <fstream>
#include <functional>
#include <future>
#include <string>
#include <thread>

#include <unistd.h>

namespace weir_test {

class sleeper {
public:
  explicit sleeper(std::function<void()> work)
      : thread_([this, work = std::move(work)] {
          id_.set_value(::gettid());
          work();
          ended_ = true;
        }) {}
  ~sleeper() { join(); }
  sleeper(const sleeper&) = delete;
  sleeper& operator=(const sleeper&) = delete;

  /// Returns once the thread sleeps in the kernel, or has ended.
  void wait_until_asleep() {
    const auto path = "/proc/self/task/" + std::to_string(id_.get_future().get()) + "/stat";
    while (!ended_) {
      std::string stat;
      std::getline(std::ifstream{path}, stat);
      const auto at = stat.rfind(") ");
      if (at != std::string::npos && stat[at + 2] == 'S')
        return;
      std::this_thread::yield();
    }
  }

  [[nodiscard]] bool ended() const noexcept { return ended_; }

  void join() {
    if (thread_.joinable())
      thread_.join();
  }

private:
  std::promise<pid_t> id_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace weir_test
