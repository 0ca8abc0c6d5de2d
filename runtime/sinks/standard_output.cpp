#include <weir/runtime/sinks/standard_output.hpp>

#include <mutex>
#include <utility>

namespace weir::detail {

namespace {

struct sharing {
  std::mutex mutex;
  room_maker make_room;  // empty: it is not shared
};

sharing& shared() {
  // For good: a sink that was given up may write while the process ends.
  static auto& one = *new sharing;
  return one;
}

}  // namespace

shared_standard_output::shared_standard_output(room_maker make_room) {
  const std::lock_guard guard{shared().mutex};
  shared().make_room = std::move(make_room);
}

shared_standard_output::~shared_standard_output() {
  const std::lock_guard guard{shared().mutex};
  shared().make_room = nullptr;
}

void write_to_standard_output(const std::function<void()>& write) {
  std::unique_lock lock{shared().mutex};
  if (shared().make_room)
    return shared().make_room(write);
  // Its reader may be in no hurry, and whoever wants to share it need not wait for that.
  lock.unlock();
  write();
}

}  // namespace weir::detail
