#include <weir/actors/sync.hpp>
#include <weir/runtime/spare_memory.hpp>

#include <array>
#include <bit>
#include <mutex>
#include <new>
#include <utility>

namespace weir::detail {

namespace {

// A kept piece would hide from AddressSanitizer that somebody still uses it.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool keeps = false;
#elif defined(__has_feature)
constexpr bool keeps = !__has_feature(address_sanitizer);
#else
constexpr bool keeps = true;
#endif

constexpr std::size_t sizes = std::countr_zero(spare_piece_max) - std::countr_zero(spare_piece_min) + 1;

/// Pieces of one size, linked through their first bytes.
struct piece {
  piece* next;
};

class store {
public:
  void* take(std::size_t size) noexcept {
    std::lock_guard guard{mutex_};
    auto& first = of(size);
    if (!first)
      return nullptr;
    bytes_ -= size;
    return std::exchange(first, first->next);
  }

  bool keep(void* p, std::size_t size) noexcept {
    std::lock_guard guard{mutex_};
    if (bytes_ + size > spare_bytes_max)
      return false;
    bytes_ += size;
    auto& first = of(size);
    first = ::new (p) piece{first};
    return true;
  }

  std::size_t bytes() noexcept {
    std::lock_guard guard{mutex_};
    return bytes_;
  }

private:
  piece*& of(std::size_t size) noexcept {
    return first_[static_cast<std::size_t>(std::countr_zero(size) - std::countr_zero(spare_piece_min))];
  }

  sync::mutex mutex_;
  std::array<piece*, sizes> first_{};
  std::size_t bytes_ = 0;
};

/// Never destroyed: a thread that was written off may give memory back at any time.
store& spares() {
  static auto& all = *new store;
  return all;
}

/// The size in which a piece is kept, or 0 if it is not.
std::size_t kept_size(std::size_t bytes) noexcept {
  if (!keeps || bytes < spare_piece_min || bytes > spare_piece_max)
    return 0;
  return std::bit_ceil(bytes);
}

}  // namespace

void* take_spare(std::size_t bytes) {
  const auto size = kept_size(bytes);
  if (size == 0)
    return ::operator new(bytes);
  auto* const kept = spares().take(size);
  return kept ? kept : ::operator new(size);
}

void give_spare(void* piece, std::size_t bytes) noexcept {
  const auto size = kept_size(bytes);
  if (size == 0 || !spares().keep(piece, size))
    ::operator delete(piece);
}

std::size_t spare_bytes() noexcept {
  return spares().bytes();
}

}  // namespace weir::detail
