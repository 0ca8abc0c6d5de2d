#pragma once

/// Memory for the blocks in which jobs travel, kept for the next ones. A stream of short jobs fills and
/// frees thousands of such blocks a second, on different threads; given back to the C library each time,
/// much of it goes back to the kernel, and to fault a page in again costs more than the jobs on it.
///
/// One store serves the process. Bound: it keeps at most `spare_bytes_max` and never more than was in
/// use at a time. Pieces below `spare_piece_min` or above `spare_piece_max` are not kept. Thread-safe; a lock
/// of some ten nanoseconds for each piece.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace weir::detail {

/// Twice what 4,096 jobs of 1 KiB under way take with their results, as pieces grow by doubling.
inline constexpr std::size_t spare_bytes_max = std::size_t{16} << 20;
inline constexpr std::size_t spare_piece_min = std::size_t{4} << 10;
/// Of 1,024 such jobs, likewise.
inline constexpr std::size_t spare_piece_max = std::size_t{2} << 20;

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

/// Grows at its end only, and says when it would have to: to append to one that is not full is a plain store.
template <class T>
class spare_array {
public:
  spare_array() = default;
  ~spare_array() { release(); }
  spare_array(const spare_array&) = delete;
  spare_array& operator=(const spare_array&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool full() const noexcept { return size_ == capacity_; }

  [[nodiscard]] T& operator[](std::size_t i) noexcept { return first_[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return first_[i]; }

  /// Where the element `n` behind the last one will be, or the last that there is room for. Needs an array
  /// that is not full.
  [[nodiscard]] const T* ahead(std::size_t n) const noexcept {
    return first_ + std::min(size_ + n, capacity_ - 1);
  }

  /// Needs an array that is not full. Throws what making the element does.
  template <class... Ts>
  void append(Ts&&... from) {
    std::construct_at(first_ + size_, std::forward<Ts>(from)...);
    ++size_;
  }

  /// Makes room for `n` elements in all. What throws leaves the array as it was.
  void reserve(std::size_t n) {
    if (n <= capacity_)
      return;
    auto* const more = spare_allocator<T>{}.allocate(n);
    std::size_t moved = 0;
    try {
      for (; moved < size_; ++moved)
        std::construct_at(more + moved, std::move_if_noexcept(first_[moved]));
    } catch (...) {
      std::destroy_n(more, moved);
      spare_allocator<T>{}.deallocate(more, n);
      throw;
    }
    const auto size = size_;
    release();
    first_ = more;
    size_ = size;
    capacity_ = n;
  }

  /// Makes room for one more, at least.
  void grow() { reserve(std::max<std::size_t>(2 * capacity_, 1)); }

private:
  void release() noexcept {
    std::destroy_n(first_, size_);
    if (first_)
      spare_allocator<T>{}.deallocate(first_, capacity_);
  }

  T* first_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace weir::detail
