#pragma once

/// The types of `weir::sync` in a simulation. Each has the interface of its namesake in the standard library,
/// as far as it is used. Outside of a run there is one thread: then nothing may have to wait.

#include <weir/actors/simulation/schedule.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace weir::sync {

class mutex {
public:
  mutex() = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  void lock() noexcept;
  [[nodiscard]] bool try_lock() noexcept;
  void unlock() noexcept;

private:
  friend class condition_variable;

  void open() noexcept;

  bool locked_ = false;
  simulation::waiters waiters_;
};

class condition_variable {
public:
  using lock_type = std::unique_lock<mutex>;

  void notify_one() noexcept;
  void notify_all() noexcept;

  void wait(lock_type& held) { sleep(held, std::nullopt); }

  template <class Predicate>
  void wait(lock_type& held, Predicate over) {
    while (!over())
      wait(held);
  }

  void wait_until(lock_type& held, time_point when) { sleep(held, when); }

  template <class Predicate>
  bool wait_until(lock_type& held, time_point when, Predicate over) {
    while (!over())
      if (!sleep(held, when))
        return over();
    return true;
  }

  template <class Predicate>
  bool wait_for(lock_type& held, duration time, Predicate over) {
    return wait_until(held, after(time), std::move(over));
  }

private:
  [[nodiscard]] static time_point after(duration time) noexcept;
  bool sleep(lock_type& held, std::optional<time_point> until);

  simulation::waiters waiters_;
};

using condition_variable_any = condition_variable;

/// What `std::atomic` has of `wait` and `notify_all`; the rest as there.
template <class T>
class waitable {
public:
  waitable(T value) noexcept : value_(value) {}

  [[nodiscard]] T load(std::memory_order = {}) const noexcept { return value_; }
  T fetch_or(T bits, std::memory_order = {}) noexcept { return std::exchange(value_, value_ | bits); }
  T fetch_add(T n, std::memory_order = {}) noexcept { return std::exchange(value_, value_ + n); }
  void notify_all() noexcept;
  void wait(T old, std::memory_order = {}) noexcept;

private:
  T value_;
  simulation::waiters waiters_;
};

class thread {
public:
  using id = std::uint64_t;

  thread() noexcept = default;
  /// Throws std::system_error outside of a run, and by choice where the run breaks things.
  explicit thread(std::function<void()> body);
  thread(thread&&) noexcept = default;
  thread& operator=(thread&& other) noexcept;
  ~thread();

  [[nodiscard]] bool joinable() const noexcept { return end_ != nullptr; }
  void join();
  void detach() noexcept { end_ = nullptr; }
  [[nodiscard]] static unsigned hardware_concurrency() noexcept { return 2; }

private:
  struct end;
  std::shared_ptr<end> end_;
};

class jthread {
public:
  explicit jthread(std::function<void()> body) : thread_(std::move(body)) {}
  jthread(jthread&&) noexcept = default;
  ~jthread() {
    if (thread_.joinable())
      thread_.join();
  }

private:
  thread thread_;
};

namespace detail {
struct stop_state;
}

class stop_source {
public:
  stop_source();
  bool request_stop() noexcept;
  [[nodiscard]] bool stop_requested() const noexcept;
  [[nodiscard]] std::stop_token get_token() const noexcept { return outside_.get_token(); }

private:
  template <class F>
  friend class stop_callback;

  std::shared_ptr<detail::stop_state> state_;
  std::stop_source outside_;  // for what is not of the simulation
};

/// Only of functions: `F` is what the standard's has.
template <class F>
class stop_callback {
public:
  stop_callback(const stop_source& of, F call)
      : stop_callback(of.state_, std::function<void()>{std::move(call)}) {}
  ~stop_callback();
  stop_callback(const stop_callback&) = delete;
  stop_callback& operator=(const stop_callback&) = delete;

private:
  stop_callback(std::shared_ptr<detail::stop_state> state, std::function<void()> call);

  std::shared_ptr<detail::stop_state> state_;
  std::uint64_t id_ = 0;
};

[[nodiscard]] inline const stop_source& to_watch(const stop_source& source) noexcept {
  return source;
}

void interleave() noexcept;

[[nodiscard]] bool simulated() noexcept;
[[nodiscard]] time_point now() noexcept;
[[nodiscard]] std::uint64_t random_seed();
[[nodiscard]] thread::id this_thread() noexcept;
void rename_this_thread(std::string name);
template <class Name>
void name_this_thread(const Name& name) {
  rename_this_thread(name());
}

namespace detail {
[[nodiscard]] std::size_t next_own() noexcept;
[[nodiscard]] void*& own(std::size_t i) noexcept;
}  // namespace detail

template <class Tag, class T>
[[nodiscard]] T*& of_this_thread() noexcept {
  static const auto i = detail::next_own();
  return reinterpret_cast<T*&>(detail::own(i));
}

/// The one of the run, destroyed with it.
template <class T>
[[nodiscard]] T& of_this_process() {
  if (auto* const run = simulation::schedule::current())
    return run->own<T>();
  static auto* const one = new T;
  return *one;
}

}  // namespace weir::sync
