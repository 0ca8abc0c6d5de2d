#pragma once

/// Order by key: a task that says which jobs belong together. Wherever such a task runs, in a pool, a stream
/// or a stage, jobs of one key run one after the other, in the order in which they were admitted, whatever
/// the parallelism; a key with many jobs, or with one that is slow or is tried again, holds up nobody but
/// itself while slots are left: a job that waits behind its key holds one.
///
///     weir::stage(weir::keyed(&order::customer, book), {.parallelism = 8})
///
/// The order is that of the runs. Keys are told apart by their hash, 64 bits. Each job costs some hundred
/// nanoseconds more. A key whose thread was written off goes on with its next job.

#include <weir/runtime/invoke.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

namespace weir {

/// A task whose jobs have keys.
template <class F, class Job>
concept keyed_task = requires(const F& f, const Job& job) {
  { f.key_hash(job) } -> std::same_as<std::uint64_t>;
};

namespace detail {

template <class KeyOf, class F>
struct keyed_function {
  KeyOf key_of;
  F f;

  template <class Job>
  [[nodiscard]] auto key_hash(const Job& job) const
      -> std::enable_if_t<std::is_invocable_v<const KeyOf&, const Job&>, std::uint64_t> {
    using key = std::remove_cvref_t<std::invoke_result_t<const KeyOf&, const Job&>>;
    return static_cast<std::uint64_t>(std::hash<key>{}(std::invoke(key_of, job)));
  }

  template <class Job>
  auto operator()(const context& ctx, Job&& job) -> decltype(f(ctx, std::forward<Job>(job))) {
    return f(ctx, std::forward<Job>(job));
  }
  template <class Job>
  auto operator()(Job&& job) -> decltype(f(std::forward<Job>(job))) {
    return f(std::forward<Job>(job));
  }
};

/// How a task's jobs get their keys; empty where they have none.
template <class Job, class F>
std::function<std::uint64_t(const Job&)> keys_of(const std::shared_ptr<F>& f) {
  if constexpr (keyed_task<F, Job>)
    return [f](const Job& job) { return f->key_hash(job); };
  else
    return {};
}

}  // namespace detail

/// The task `f`, where jobs with equal `key_of(job)` stay in order. `key_of`: a function of `const Job&`, or
/// a member pointer; what it returns has a std::hash. It is called on the threads that submit, several at a
/// time; what it throws is thrown by the submission, and the job was not admitted.
template <class KeyOf, class F>
auto keyed(KeyOf key_of, F f) {
  return detail::keyed_function<KeyOf, F>{std::move(key_of), std::move(f)};
}

}  // namespace weir
