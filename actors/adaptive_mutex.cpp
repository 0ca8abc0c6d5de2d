#include <weir/actors/adaptive_mutex.hpp>

#include <thread>

namespace weir {

namespace {

/// Looks at a held lock before the thread sleeps: first for a microsecond, while its holder runs on another
/// core. One that is still held has a holder who waits for a core, maybe for this one: so it is offered.
constexpr int looks_max = 30;
constexpr int offers_max = 10;

}  // namespace

void adaptive_mutex::lock_held() noexcept {
  for (int i = 0; i < looks_max + offers_max; ++i) {
    if (state_.load(std::memory_order_relaxed) == open && try_lock())
      return;
    if (i < looks_max)
      sync::breathe();
    else
      std::this_thread::yield();
  }
  sleepers_.fetch_add(1);
  sleep_until_locked();
  sleepers_.fetch_sub(1);
}

void adaptive_mutex::sleep_until_locked() noexcept {
  // Without the fence nobody can be relied on to wake this thread.
  const auto will_be_woken = heavy_fence();
  while (!try_lock())
    if (will_be_woken)
      state_.wait(locked, std::memory_order_relaxed);
    else
      std::this_thread::yield();
}

void adaptive_mutex::wake_one() noexcept {
  // The library, too, looks for sleepers before it calls the kernel, and counts on an order of the store
  // before that look.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  state_.notify_one();
}

}  // namespace weir
