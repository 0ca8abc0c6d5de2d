#pragma once

/// How a user's function is called. It takes `(const context&, Job)` or `(Job)`; it returns a value, a
/// `caf::expected`, or nothing, or throws; all of them end in an outcome.

#include <weir/actors/context.hpp>
#include <weir/actors/error.hpp>

#include <caf/expected.hpp>
#include <caf/unit.hpp>

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

namespace weir {

namespace detail {

/// The job is passed as an lvalue where the function takes that, so that it is still there for its
/// outcome; a function that wants to own it gets it moved.
template <class F, class Job>
decltype(auto) call(F& f, const context& ctx, Job& job) {
  if constexpr (std::invocable<F&, const context&, Job&>)
    return f(ctx, job);
  else if constexpr (std::invocable<F&, const context&, Job>)
    return f(ctx, std::move(job));
  else if constexpr (std::invocable<F&, Job&>)
    return f(job);
  else
    return f(std::move(job));
}

template <class T>
struct plain {
  using type = T;
};
template <>
struct plain<void> {
  using type = caf::unit_t;
};
template <class T>
struct plain<caf::expected<T>> : plain<T> {};

template <class T>
inline constexpr bool is_expected = false;
template <class T>
inline constexpr bool is_expected<caf::expected<T>> = true;

template <class F, class Job>
using raw_result_t = std::remove_cvref_t<decltype(call(std::declval<F&>(), std::declval<const context&>(),
                                                       std::declval<Job&>()))>;

}  // namespace detail

/// A function that can be a task for jobs of type `Job`.
template <class F, class Job>
concept task_for = std::invocable<F&, const context&, Job&> || std::invocable<F&, const context&, Job> ||
    std::invocable<F&, Job&> || std::invocable<F&, Job>;

/// The type of the values in its completed outcomes; `caf::unit_t` where it returns none.
template <class F, class Job>
using task_result_t = typename detail::plain<detail::raw_result_t<F, Job>>::type;

/// A task for jobs of type `Job` whose completed outcomes have values of type `Result`.
template <class F, class Job, class Result>
concept task_returning = task_for<F, Job> && std::same_as<task_result_t<F, Job>, Result>;

/// Calls `f` and turns whatever it does into a value or an error.
template <class F, class Job>
caf::expected<task_result_t<F, Job>> run_task(F& f, const context& ctx, Job& job) noexcept {
  try {
    if constexpr (std::is_void_v<detail::raw_result_t<F, Job>>) {
      detail::call(f, ctx, job);
      return caf::unit;
    } else if constexpr (std::is_same_v<detail::raw_result_t<F, Job>, caf::expected<void>>) {
      if (auto result = detail::call(f, ctx, job); !result)
        return std::move(result.error());
      return caf::unit;
    } else {
      return detail::call(f, ctx, job);
    }
  } catch (...) {
    return make_error(std::current_exception());
  }
}

}  // namespace weir
