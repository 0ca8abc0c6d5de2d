#include <weir/actors/adaptive_mutex.hpp>

namespace weir {

namespace {

/// Looks at a held lock before the thread sleeps: some microseconds.
constexpr int looks_max = 100;

void breathe() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

void adaptive_mutex::lock_held() noexcept {
  for (int looks = 0; looks < looks_max; ++looks) {
    if (state_.load(std::memory_order_relaxed) == open && try_lock())
      return;
    breathe();
  }
  // Whoever slept takes the lock as one that is waited for: it can't know whether others sleep too.
  while (state_.exchange(waited_for, std::memory_order_acquire) != open)
    state_.wait(waited_for, std::memory_order_relaxed);
}

}  // namespace weir
