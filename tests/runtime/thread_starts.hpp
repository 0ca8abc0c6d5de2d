#pragma once

/// Makes the system look as if it had no thread left: this program's own `pthread_create` comes before
/// the C library's.

#include <cstddef>

namespace weir::testing {

/// While one lives, threads can be started only until `left` of them have been.
class few_threads {
public:
  explicit few_threads(std::size_t left);
  ~few_threads();
  few_threads(const few_threads&) = delete;
  few_threads& operator=(const few_threads&) = delete;
};

}  // namespace weir::testing
