#include <weir/runtime/free_slots.hpp>

namespace weir::detail {

free_slots::free_slots(std::size_t stages, const context& within) : within_(within), free_(stages) {
  on_cancel_ = within_.on_cancel([this] {
    std::lock_guard guard{mutex_};
    changed_.notify_all();
  });
}

void free_slots::give(std::size_t of, std::uint64_t n) {
  std::lock_guard guard{mutex_};
  free_.grant(of, n);
  changed_.notify_one();
}

std::optional<std::size_t> free_slots::take() {
  std::unique_lock lock{mutex_};
  std::optional<std::size_t> taken;
  changed_.wait(lock, [&] { return within_.canceled() || (taken = free_.next()); });
  return taken;
}

}  // namespace weir::detail
