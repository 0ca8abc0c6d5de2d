#include <weir/actors/asymmetric_fence.hpp>

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace weir {

namespace {

long membarrier(int command) noexcept {
  return syscall(SYS_membarrier, command, 0, 0);
}

/// The kernel does it at once for a process with a single thread, and keeps one with more waiting for some
/// ten milliseconds: so it is asked before main.
[[maybe_unused]] const bool asked_early = has_asymmetric_fence();

}  // namespace

bool has_asymmetric_fence() noexcept {
  static const bool registered = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
  return registered;
}

bool heavy_fence() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return has_asymmetric_fence() && membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
}

}  // namespace weir
