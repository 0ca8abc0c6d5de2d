#pragma once

namespace weir::detail {

/// Asks for the cache line at `at`, as its only owner: for memory that another core used last and that is
/// written soon. Nothing happens where `at` is no valid address. (What `__builtin_prefetch` gives without
/// a processor flag is a line for reading; the write would wait for the other core again.)
inline void prefetch_for_write(const void* at) noexcept {
#if defined(__x86_64__)
  asm volatile("prefetchw (%0)" : : "r"(at));
#else
  __builtin_prefetch(at, 1);
#endif
}

}  // namespace weir::detail
