#pragma once

/// Applies a function to every element of a range, on a bounded number of workers, and returns the
/// results in input order. Use it if all inputs are known beforehand.
///
/// Over a known range nothing is copied or queued: workers take index ranges, sized by the measured
/// time of a job, and write results in place; so a job costs little more than the function itself.

#include <weir/actors/station.hpp>
#include <weir/runtime/batch_task.hpp>
#include <weir/runtime/engine.hpp>
#include <weir/runtime/invoke.hpp>
#include <weir/runtime/options.hpp>
#include <weir/runtime/outcome.hpp>
#include <weir/runtime/runs_again.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <ranges>
#include <vector>

namespace weir {

namespace detail {

/// What one call came to.
struct map_end {
  std::optional<root_error> root;
  std::optional<cause> stopped_by;
  bool all_completed = false;
};

/// Runs the jobs [0, n) of `block` and waits until all have ended. What the block refers to may go
/// then; the block itself goes a moment later.
map_end run_block(engine& on, const context& ctx, std::shared_ptr<job_block> block, std::uint64_t n,
                  const map_options& options, bool sends_jobs);

/// Where results can be written in place: a vector of them, made beforehand. A vector<bool> packs its
/// elements, so two threads may not write to neighbours.
template <class R>
concept in_place =
    std::default_initializable<R> && std::is_nothrow_move_assignable_v<R> && !std::same_as<R, bool>;

template <class R>
using result_slots = std::vector<std::conditional_t<in_place<R>, R, std::optional<R>>>;

/// How a block reads its jobs: an element of the caller's range, or a value that the range makes.
template <class Inputs>
using job_of = std::remove_reference_t<std::ranges::range_reference_t<Inputs>>;

/// The inputs and the function belong to the caller, who waits for the end. So does the iterator: the
/// block may live on for a moment, and an iterator may know its range to its own end.
template <class Inputs, class F, class R>
class map_block final : public job_block {
public:
  using iterator = std::ranges::iterator_t<Inputs>;

  map_block(const iterator& inputs, F& f, result_slots<R>& results)
      : job_block(0), inputs_(inputs), f_(f), results_(results.data()) {}

  std::uint64_t run(std::uint64_t first, lane& on) noexcept override {
    if constexpr (batch_task<F>)
      return run_batches(
          f_, first, on, memory_, [this](std::uint64_t i) -> decltype(auto) { return input(i); },
          [&](std::uint64_t i, caf::expected<R>& result) {
            if (!result)
              return has_ended(i, std::move(result.error()), on);
            if constexpr (!std::same_as<R, caf::unit_t>)
              results_[i] = std::move(*result);
            return true;
          });
    else
      return run_each(first, on);
  }

private:
  std::uint64_t run_each(std::uint64_t first, lane& on) noexcept {
    for (auto i = first;; ++i) {
      auto started = false;
      // One exception region around the whole loop: it is left only when a job throws.
      try {
        const auto inputs = inputs_;
        for (; (started = on.may_start(i)); ++i)
          if (!run_one(inputs, i, on))
            return i;
        return i;
      } catch (...) {
        // A job that threw has run, whatever its limit is by now. But the copy of the iterator may have
        // thrown, before any job.
        if ((!started && !on.may_start(i)) || !has_ended(i, make_error(std::current_exception()), on))
          return i;
      }
    }
  }

  [[nodiscard]] decltype(auto) input(std::uint64_t i) const {
    return inputs_[static_cast<std::ranges::range_difference_t<Inputs>>(i)];
  }

  /// False if the job is to run again.
  bool run_one(const iterator& inputs, std::uint64_t i, lane& on) {
    auto&& job = inputs[static_cast<std::ranges::range_difference_t<Inputs>>(i)];
    using raw = raw_result_t<F, job_of<Inputs>>;
    if constexpr (std::is_void_v<raw>) {
      call(f_, on.ctx(), job);
    } else if constexpr (only_error<raw>) {
      if (const auto problem = error_of(call(f_, on.ctx(), job)))
        return has_ended(i, problem, on);
    } else if constexpr (is_expected<raw>) {
      auto result = call(f_, on.ctx(), job);
      if (!result)
        return has_ended(i, failure(std::move(result.error())), on);
      results_[i] = std::move(*result);
    } else {
      results_[i] = call(f_, on.ctx(), job);
    }
    return true;
  }

  static bool has_ended(std::uint64_t i, caf::error why, lane& on) {
    if (on.repeats(why, repeatable_for<F, job_of<Inputs>>))
      return false;
    on.ended_with(i, why);
    return true;
  }

  const iterator& inputs_;
  F& f_;
  typename result_slots<R>::value_type* results_;
  [[no_unique_address]] batch_memory_of<F, R> memory_;
};

/// As map_block, with an outcome for each job.
template <class Inputs, class F, class R>
class outcome_block final : public job_block {
public:
  using iterator = std::ranges::iterator_t<Inputs>;

  struct slot {
    std::optional<outcome<R>> content;
    unsigned attempt = 0;  // the last one that failed and was to be followed by another
    time_point ended{};
  };

  outcome_block(const iterator& inputs, F& f, std::vector<slot>& slots, time_point queued)
      : job_block(0), inputs_(inputs), f_(f), slots_(slots.data()), queued_(queued) {}

  std::uint64_t run(std::uint64_t first, lane& on) noexcept override {
    auto begun = on.begun();
    const auto keep = [&](std::uint64_t i, caf::expected<R>& result) {
      return end_attempt(i, result, begun, on);
    };
    if constexpr (batch_task<F>) {
      return run_batches(
          f_, first, on, memory_, [this](std::uint64_t i) -> decltype(auto) { return input(i); }, keep);
    } else {
      auto i = first;
      for (; on.may_start(i); ++i) {
        auto result = run_one(i, on);
        if (!keep(i, result))
          break;
      }
      return i;
    }
  }

private:
  [[nodiscard]] decltype(auto) input(std::uint64_t i) const {
    return inputs_[static_cast<std::ranges::range_difference_t<Inputs>>(i)];
  }

  /// False if the job is to run again. It began at `begun`, which becomes when it ended.
  bool end_attempt(std::uint64_t i, caf::expected<R>& result, time_point& begun, lane& on) noexcept {
    if (!result && runs_again<F, job_of<Inputs>>(on, result)) {
      slots_[i].attempt = on.attempt();
      return false;
    }
    const auto ended = on.now();
    const auto kind = result ? outcome_kind::completed : on.ended_with(i, result.error());
    slots_[i].content.emplace(
        outcome<R>{i, on.attempt(), begun - queued_, ended - begun, kind, std::move(result)});
    slots_[i].ended = ended;
    begun = ended;
    return true;
  }

  /// A range may throw where it makes the job; that is the job's failure.
  caf::expected<R> run_one(std::uint64_t i, lane& on) noexcept {
    try {
      auto&& job = input(i);
      return run_task(f_, on.ctx(), job);
    } catch (...) {
      return make_error(std::current_exception());
    }
  }

  const iterator& inputs_;
  F& f_;
  slot* slots_;
  time_point queued_;
  [[no_unique_address]] batch_memory_of<F, R> memory_;
};

/// What became of all jobs, and how the run ended.
template <class R>
struct map_outcomes {
  map_end end;
  std::vector<outcome<R>> all;
};

/// parallel_outcomes with checked options.
template <class Inputs, class F>
auto run_outcomes(engine& on, const context& ctx, Inputs& inputs, F& f, const map_options& options) {
  using result = task_result_t<F, job_of<Inputs>>;
  using block = outcome_block<Inputs, F, result>;
  const auto n = static_cast<std::uint64_t>(std::ranges::size(inputs));
  std::vector<typename block::slot> slots(n);
  const auto begin = std::ranges::begin(inputs);
  map_outcomes<result> made;
  made.end = run_block(on, ctx, std::make_shared<block>(begin, f, slots, ctx.time().now()), n, options,
                       batch_task<F>);
  for (std::uint64_t i = 0; i < n; ++i)
    if (!slots[i].content) {
      const auto& why = *made.end.stopped_by;
      slots[i].content.emplace(outcome<result>{
          i, slots[i].attempt, {}, {}, outcome_kind::canceled, make_error(why.code, to_string(why))});
      slots[i].ended = time_point::max();
    }
  if (options.order != order::input)
    std::ranges::stable_sort(slots, {}, &block::slot::ended);
  made.all.reserve(n);
  for (auto& s : slots)
    made.all.push_back(std::move(*s.content));
  return made;
}

/// `ec::invalid_option` if the options make no sense, or not for a task of type `F`.
template <class F, class Job>
caf::error check(const map_options& options) {
  if (auto problem = options.validate())
    return problem;
  return check_repeatable(options.retry, repeatable_for<F, Job>);
}

}  // namespace detail

/// The results of `f` for all inputs, in input order, if every job completed. Else the first failure in
/// time, after the rest was canceled and everything that ran has ended (`on_error` may say that more
/// failures are borne; the results of the others are in `parallel_outcomes`), or the cause if `ctx`
/// was canceled or `on_error` ended the run: `ec::canceled`, `ec::deadline_exceeded`.
/// `ec::invalid_option` before anything starts.
///
/// The calling thread is one of the workers, and does all the work where the system has no other thread left.
/// The call returns only when no job runs any more; so it may be made from within a task, also on the same
/// engine. `f` is a task for the elements (invoke.hpp), is called by several threads at a time and gets the
/// elements themselves: one that takes its job as a value that can only be moved empties the caller's range.
/// Costs some ten µs a call and about a nanosecond a job.
template <std::ranges::random_access_range Inputs, class F>
  requires std::ranges::sized_range<Inputs> && task_for<F, detail::job_of<Inputs>>
auto parallel_map(engine& on, const context& ctx, Inputs&& inputs, F&& f, const map_options& options = {})
    -> caf::expected<std::vector<task_result_t<std::remove_reference_t<F>, detail::job_of<Inputs>>>> {
  using function = std::remove_reference_t<F>;
  using range = std::remove_reference_t<Inputs>;
  using result = task_result_t<function, detail::job_of<Inputs>>;
  if (auto problem = detail::check<function, detail::job_of<Inputs>>(options))
    return problem;
  const auto n = static_cast<std::uint64_t>(std::ranges::size(inputs));
  detail::result_slots<result> slots(n);
  const auto begin = std::ranges::begin(inputs);
  const auto end = detail::run_block(
      on, ctx, std::make_shared<detail::map_block<range, function, result>>(begin, f, slots), n, options,
      detail::batch_task<function>);
  if (!end.all_completed)
    return end.root ? end.root->why : make_error(end.stopped_by->code, to_string(*end.stopped_by));
  if constexpr (detail::in_place<result>) {
    return slots;
  } else {
    std::vector<result> results;
    results.reserve(n);
    for (auto& s : slots)
      results.push_back(std::move(*s));
    return results;
  }
}

/// The outcomes of `f` for all inputs, also of those that failed or never started: in input order, or,
/// unless `options.order` is `input`, in the order in which they ended; those that never started come
/// last then. The only error is `ec::invalid_option`. Else as parallel_map; every job is timed, which
/// costs some 50 ns.
template <std::ranges::random_access_range Inputs, class F>
  requires std::ranges::sized_range<Inputs> && task_for<F, detail::job_of<Inputs>> &&
           result_type<task_result_t<std::remove_reference_t<F>, detail::job_of<Inputs>>>
auto parallel_outcomes(engine& on, const context& ctx, Inputs&& inputs, F&& f,
                       const map_options& options = {})
    -> caf::expected<
        std::vector<outcome<task_result_t<std::remove_reference_t<F>, detail::job_of<Inputs>>>>> {
  if (auto problem = detail::check<std::remove_reference_t<F>, detail::job_of<Inputs>>(options))
    return problem;
  return detail::run_outcomes(on, ctx, inputs, f, options).all;
}

}  // namespace weir
