#pragma once

/// The threads on which user code runs. A thread that has ended its work waits for the next, so that
/// starting a run costs a wake-up instead of a new thread. Owned by the engine.
///
/// Bounds: at most `idle_max` threads wait; the others end with their work. The destructor waits for
/// all threads except those that were written off.

#include <caf/error.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace weir {

class threads {
public:
  static constexpr std::size_t idle_max = 64;

  threads();
  ~threads();
  threads(const threads&) = delete;
  threads& operator=(const threads&) = delete;

  /// Runs `work` on a thread of its own. Does not block. An error if the system has no thread left.
  [[nodiscard]] caf::error run(std::function<void()> work);

  /// Says that the work of `n` threads may never end: the destructor no longer waits for as many.
  void write_off(std::size_t n);

private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace weir
