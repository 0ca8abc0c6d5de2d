#pragma once

/// The coordinator of a run, shared with the stages whose jobs go to nodes: it is there from when nodes may
/// come until the run has ended. A lane that was written off may come later, and finds none. Thread-safe.

#include <weir/runtime/nodes/coordinator.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace weir::config {

class coordinator_slot {
public:
  void put(std::shared_ptr<nodes::coordinator> c) {
    const std::lock_guard guard{mutex_};
    is_ = std::move(c);
  }

  /// Null before and after.
  [[nodiscard]] std::shared_ptr<nodes::coordinator> get() const {
    const std::lock_guard guard{mutex_};
    return is_;
  }

  /// As `get`; from now on there is none.
  [[nodiscard]] std::shared_ptr<nodes::coordinator> take() {
    const std::lock_guard guard{mutex_};
    return std::exchange(is_, nullptr);
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<nodes::coordinator> is_;
};

}  // namespace weir::config
