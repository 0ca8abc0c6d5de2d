#pragma once

/// Memory for the blocks in which jobs travel, kept for the next ones. A stream of short jobs fills and
/// frees thousands of such blocks a second, on different threads; given back to the C library each time,
/// much of it goes back to the kernel, and to fault a page in again costs more than the jobs on it.
///
/// One store serves the process. Bound: it keeps at most `spare_bytes_max` and never more than was in
/// use at a time. Pieces below `spare_piece_min` or above `spare_piece_max` are not kept. Thread-safe; a lock
/// of some ten nanoseconds for each piece.

#include <cstddef>
#include <memory>
#include <vector>

namespace weir::detail {

inline constexpr std::size_t spare_bytes_max = std::size_t{8} << 20;
inline constexpr std::size_t spare_piece_min = std::size_t{4} << 10;
inline constexpr std::size_t spare_piece_max = std::size_t{256} << 10;

/// Memory for `bytes`, aligned as by `new`. Throws std::bad_alloc.
[[nodiscard]] void* take_spare(std::size_t bytes);

/// Gives back what `take_spare(bytes)` returned.
void give_spare(void* piece, std::size_t bytes) noexcept;

/// What is kept at this instant, in bytes.
[[nodiscard]] std::size_t spare_bytes() noexcept;

/// For containers.
template <class T>
class spare_allocator {
public:
  using value_type = T;

  spare_allocator() = default;
  template <class U>
  explicit(false) spare_allocator(const spare_allocator<U>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t n) {
    if constexpr (alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__)
      return std::allocator<T>{}.allocate(n);
    if (n > static_cast<std::size_t>(-1) / sizeof(T))
      throw std::bad_array_new_length{};
    return static_cast<T*>(take_spare(n * sizeof(T)));
  }

  void deallocate(T* p, std::size_t n) noexcept {
    if constexpr (alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__)
      std::allocator<T>{}.deallocate(p, n);
    else
      give_spare(p, n * sizeof(T));
  }

  template <class U>
  bool operator==(const spare_allocator<U>&) const noexcept {
    return true;
  }
};

template <class T>
using spare_vector = std::vector<T, spare_allocator<T>>;

}  // namespace weir::detail
