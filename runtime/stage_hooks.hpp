#pragma once

/// What tasks of the library's own may want of the stage that runs them.

#include <caf/error.hpp>

#include <concepts>
#include <string>

namespace weir::detail {

/// A task that wants to know at once of each job that failed for good, on its lane:
/// `failed(const Job&, const caf::error&, unsigned attempt)`.
template <class F>
concept hears_of_failures = requires { typename F::hears_of_failures; };

/// A task that is asked before each job, or before those that go together, on its lane. Where it says no it
/// has stopped the stage, so that the job ends unstarted.
template <class F>
concept asked_before_start = requires(const F& f) {
  { f.may_start() } -> std::same_as<bool>;
};

template <class F>
[[nodiscard]] bool lets_start(const F& f) {
  if constexpr (asked_before_start<F>)
    return f.may_start();
  else
    return true;
}

/// A task with batches that has nothing to be sent for some of its jobs: its call operator does these.
template <class F, class Job>
concept does_some_alone = requires(const F& f, const Job& job) {
  { f.does_alone(job) } -> std::same_as<bool>;
};

/// A task that has names for its jobs, and never changes what it takes them from.
template <class F, class Job>
concept names_jobs = requires(const F& f, const Job& job) {
  { f.name_of(job) } -> std::same_as<std::string>;
};

}  // namespace weir::detail
