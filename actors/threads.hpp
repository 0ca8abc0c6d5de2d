#pragma once

/// The threads on which user code runs. A thread that has ended its work waits for the next, so that
/// starting a run costs a wake-up instead of a new thread. Owned by the engine.
///
/// Bounds: at most `threads_max` threads; at most `idle_max` of them wait, the others end with their
/// work. The destructor waits for all threads except those that were written off and are not back.

#include <caf/error.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace weir {

class threads {
public:
  static constexpr std::size_t idle_max = 64;

  static constexpr std::size_t threads_max_default = 1u << 15;

  explicit threads(std::size_t threads_max = threads_max_default);
  ~threads();
  threads(const threads&) = delete;
  threads& operator=(const threads&) = delete;

  /// Runs `work` on a thread of its own. It returns true if it had been written off meanwhile, so
  /// that its thread counts again. Does not block. `ec::overloaded` if there is no thread left.
  [[nodiscard]] caf::error run(std::function<bool()> work);

  /// Runs such work on the calling thread, which its caller lends. Blocks until it returns.
  void run_here(const std::function<bool()>& work);

  /// Says that the work of `n` threads may never end: the destructor no longer waits for as many.
  void write_off(std::size_t n);

private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace weir
