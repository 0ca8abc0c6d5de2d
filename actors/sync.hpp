#pragma once

/// What threads start, wait and find each other with. All code above `policy` takes it from here: so that in
/// a build for simulation (WEIR_SIMULATION) one thread runs all of them, one at a time, in an order that a
/// seed decides and in time that is virtual; see simulation/sync.hpp.

#ifdef WEIR_SIMULATION

#include <weir/actors/simulation/sync.hpp>

#else

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <stop_token>
#include <thread>
#include <utility>

namespace weir::sync {

using std::condition_variable;
using std::condition_variable_any;
using std::jthread;
using std::mutex;
using std::stop_callback;
using std::stop_source;
using std::thread;

/// One that threads may wait at for another value.
template <class T>
using waitable = std::atomic<T>;

[[nodiscard]] inline auto now() noexcept {
  return std::chrono::steady_clock::now();
}

/// Whether this thread runs a simulation.
[[nodiscard]] constexpr bool simulated() noexcept {
  return false;
}

/// For a generator of random numbers.
[[nodiscard]] inline auto random_seed() {
  return std::random_device{}();
}

[[nodiscard]] inline auto this_thread() noexcept {
  return std::this_thread::get_id();
}

/// Where a simulation may hold the thread up though it takes no lock: between a store and a look at what
/// another thread stores.
inline void interleave() noexcept {}

/// To watch it with a `stop_callback`.
[[nodiscard]] inline std::stop_token to_watch(const stop_source& source) noexcept {
  return source.get_token();
}

/// Tells the processor that this thread looks at a place again and again.
inline void breathe() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// What a simulation calls this thread; `name` makes a text.
template <class Name>
void name_this_thread(const Name&) noexcept {}

/// A pointer of each thread's own, null at first; `Tag` tells one use from another.
template <class Tag, class T>
[[nodiscard]] T*& of_this_thread() noexcept {
  thread_local T* own = nullptr;
  return own;
}

/// The one `T` of the process. Never destroyed: threads that were written off may outlive main().
template <class T>
[[nodiscard]] T& of_this_process() {
  static auto* const one = new T;
  return *one;
}

}  // namespace weir::sync

#endif
