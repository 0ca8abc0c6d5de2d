#pragma once

/// How a user's function is called. It takes `(const context&, Job)` or `(Job)`; it returns a value, a
/// `caf::expected`, a `caf::error` (none: it completed) or nothing, or throws; all of them end in an
/// outcome. A task that gives up because its context was canceled returns `ctx.error()`: then its
/// outcome is canceled, not failed.

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
template <>
struct plain<caf::error> {
  using type = caf::unit_t;
};
template <class T>
struct plain<caf::expected<T>> : plain<T> {};

template <class T>
inline constexpr bool is_expected = false;
template <class T>
inline constexpr bool is_expected<caf::expected<T>> = true;

/// What returns an error or nothing, and no value.
template <class T>
inline constexpr bool only_error = std::is_same_v<T, caf::error> || std::is_same_v<T, caf::expected<void>> ||
                                   std::is_same_v<T, caf::expected<caf::unit_t>>;

template <class F, class Job>
using called_t = decltype(call(std::declval<F&>(), std::declval<const context&>(), std::declval<Job&>()));

template <class F, class Job>
using raw_result_t = std::remove_cvref_t<called_t<F, Job>>;

/// The error of a result that is not a value. A failure always has one.
inline caf::error failure(caf::error e) {
  return e ? std::move(e) : make_error(ec::failed, "the task reported a failure without an error");
}

template <class T>
caf::error error_of(const T& only) {
  if constexpr (std::is_same_v<T, caf::error>)
    return only;
  else
    return only ? caf::error{} : only.error();
}

}  // namespace detail

/// Can be called with a job, with or without a context.
template <class F, class Job>
concept callable_with = std::invocable<F&, const context&, Job&> || std::invocable<F&, const context&, Job> ||
                        std::invocable<F&, Job&> || std::invocable<F&, Job>;

/// Returns nothing, or what can be kept as a value.
template <class F, class Job>
concept returns_a_value = std::is_void_v<detail::called_t<F, Job>> ||
                          std::constructible_from<detail::raw_result_t<F, Job>, detail::called_t<F, Job>>;

/// A function that can be a task for jobs of type `Job`.
template <class F, class Job>
concept task_for = callable_with<F, Job> && returns_a_value<F, Job>;

/// A task that leaves its job where it is, so that the job can be tried again.
template <class F, class Job>
concept repeatable_for = std::invocable<F&, const context&, Job&> ||
                         (!std::invocable<F&, const context&, Job> && std::invocable<F&, Job&>);

/// What can be submitted. A job that is moved between threads must survive a move that throws, so
/// either no move throws, or it can be copied instead.
template <class Job>
concept job_type = std::is_object_v<Job> && std::move_constructible<Job> &&
                   (std::is_nothrow_move_constructible_v<Job> || std::copy_constructible<Job>);

/// What an outcome can hold: nobody could be told of a move that throws on its way between threads.
/// Of what can't promise that, return a std::unique_ptr.
template <class Result>
concept result_type = std::is_object_v<Result> && std::is_nothrow_move_constructible_v<Result> &&
                      std::is_nothrow_destructible_v<Result>;

/// The type of the values in its completed outcomes; `caf::unit_t` where it returns none.
template <class F, class Job>
using task_result_t = typename detail::plain<detail::raw_result_t<F, Job>>::type;

/// A task for jobs of type `Job` whose completed outcomes have values of type `Result`.
template <class F, class Job, class Result>
concept task_returning = task_for<F, Job> && std::same_as<task_result_t<F, Job>, Result>;

/// Calls `f` and turns whatever it does into a value or an error. Blocks as long as `f` does.
template <class F, class Job>
[[gnu::always_inline]] inline caf::expected<task_result_t<F, Job>> run_task(F& f, const context& ctx,
                                                                            Job& job) noexcept {
  try {
    if constexpr (std::is_void_v<detail::raw_result_t<F, Job>>) {
      detail::call(f, ctx, job);
      return caf::unit;
    } else if constexpr (detail::only_error<detail::raw_result_t<F, Job>>) {
      if (auto problem = detail::error_of(detail::call(f, ctx, job)))
        return problem;
      return caf::unit;
    } else if constexpr (detail::is_expected<detail::raw_result_t<F, Job>>) {
      caf::expected<task_result_t<F, Job>> result = detail::call(f, ctx, job);
      if (!result && !result.error())
        return detail::failure({});
      return result;
    } else {
      return detail::call(f, ctx, job);
    }
  } catch (...) {
    return make_error(std::current_exception());
  }
}

}  // namespace weir
