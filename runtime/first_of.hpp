#pragma once

/// The first successes among several jobs: the answer of whichever replica is the fastest, the agreement of
/// enough of them. The jobs run as in parallel_map; as soon as enough have completed the others are canceled.

#include <weir/runtime/parallel_map.hpp>

#include <cstdint>
#include <vector>

namespace weir {

namespace detail {

/// The error of a run in which fewer than `wanted` of `n` jobs completed.
[[nodiscard]] caf::error too_few(const map_end& end, std::uint64_t wanted, std::uint64_t failed,
                                 std::uint64_t n);

/// The options, with the rule and the order of a quorum. `ec::invalid_option` if `wanted` is not from 1 to
/// `n`.
[[nodiscard]] caf::expected<map_options> quorum_options(map_options options, std::uint64_t wanted,
                                                        std::uint64_t n);

}  // namespace detail

/// The outcomes of the first `n` jobs that complete, in the order in which they did: each has its result, the
/// index of its input, its attempt and its times. What still runs then is canceled, with a cause that names
/// the rule, "now,success=2 of 5"; what has not started never does. If so many have failed that `n` can't be
/// reached, the others are canceled at once, and the error is the first failure's, with its code and a text
/// that counts them. Else the cause if `ctx` was canceled; `ec::invalid_option` before anything starts, also
/// if `n` is 0 or more than there are inputs.
///
/// At most `options.parallelism` run at once, so that one that is to race all of them gives as many;
/// `options.on_error` and `options.order` do not matter. Blocks the calling thread, and returns only when no
/// job runs any more: a loser that does not look at its context is waited for.
template <std::ranges::random_access_range Inputs, class F>
  requires std::ranges::sized_range<Inputs> && task_for<F, detail::job_of<Inputs>> &&
           result_type<task_result_t<std::remove_reference_t<F>, detail::job_of<Inputs>>>
auto quorum(std::uint64_t n, engine& on, const context& ctx, Inputs&& inputs, F&& f,
            const map_options& options = {})
    -> caf::expected<
        std::vector<outcome<task_result_t<std::remove_reference_t<F>, detail::job_of<Inputs>>>>> {
  using function = std::remove_reference_t<F>;
  const auto jobs = static_cast<std::uint64_t>(std::ranges::size(inputs));
  const auto wanted = detail::quorum_options(options, n, jobs);
  if (!wanted)
    return wanted.error();
  if (auto problem = detail::check<function, detail::job_of<Inputs>>(*wanted))
    return problem;
  auto [end, all] = detail::run_outcomes(on, ctx, inputs, f, *wanted);
  const auto failed = static_cast<std::uint64_t>(
      std::ranges::count(all, outcome_kind::failed, [](const auto& o) { return o.kind; }));
  std::erase_if(all, [](const auto& o) { return !o.completed(); });
  if (all.size() < n)
    return detail::too_few(end, n, failed, jobs);
  // Those that ran beside the last one may have completed all the same.
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(n), all.end());
  return std::move(all);
}

/// The outcome of the first job that completes: a quorum of one.
template <std::ranges::random_access_range Inputs, class F>
  requires std::ranges::sized_range<Inputs> && task_for<F, detail::job_of<Inputs>> &&
           result_type<task_result_t<std::remove_reference_t<F>, detail::job_of<Inputs>>>
auto first_of(engine& on, const context& ctx, Inputs&& inputs, F&& f, const map_options& options = {})
    -> caf::expected<outcome<task_result_t<std::remove_reference_t<F>, detail::job_of<Inputs>>>> {
  auto first = quorum(1, on, ctx, inputs, f, options);
  if (!first)
    return std::move(first.error());
  return std::move(first->front());
}

}  // namespace weir
