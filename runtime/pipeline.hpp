#pragma once

/// Stages in a row, each with workers and bounds of its own:
///
///     auto summary = (weir::from(lines) | weir::stage(parse, {.parallelism = 2})
///                                       | weir::filter(is_wanted)
///                                       | weir::batch(100)
///                                       | weir::stage(store, {.parallelism = 4})
///                                       | weir::into(print)).run(engine, ctx);
///
/// A stage hands each value on as its `order` says; while the next one is full it waits, back to the source,
/// so memory is bounded by the capacities of the stages however slow the sink is. The source is read on the
/// thread that calls `run`; the sink is called on one thread at a time. An item that fails goes no further:
/// the summary names it, and the rule `on_error` says whether the others go on. Each item costs some twenty
/// nanoseconds a stage beside its own time.
///
/// Fan-in: `merge(a, b, c)` instead of `from` reads several ranges side by side. Fan-out: at the end of a
/// row, instead of `into`, `broadcast` gives each item to each of several branches and `balance` to one of
/// them; a branch is a row without a source, and may end in branches itself:
///
///     weir::merge(north, south) | weir::stage(parse) |
///         weir::broadcast(weir::stage(store) | weir::into(log), weir::into(print))
///
/// Each sink is called on one thread at a time, but those of different branches side by side.

#include <weir/runtime/pipeline_batch.hpp>
#include <weir/runtime/pipeline_row.hpp>
#include <weir/runtime/pipeline_run.hpp>
#include <weir/runtime/pipeline_source.hpp>
#include <weir/runtime/pipeline_step.hpp>

#include <exception>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weir {

/// A pipeline that is ready to run, once.
template <class Source, class Row>
class pipeline {
public:
  pipeline(Source from, Row to) : source_(std::move(from)), row_(std::move(to)) {}

  /// Reads the source to its end and waits until all has passed. Blocks the calling thread; canceling `ctx`
  /// ends it early. What reading the source throws ends it too, and is thrown on. A call of a stage's
  /// function or of the sink that does not return within `shutdown_budget` is written off: what it uses must
  /// live on. Throws std::invalid_argument if the options of the run or of a stage are not valid.
  pipeline_summary run(engine& on, const context& ctx, const pipeline_options& options = {}) {
    const auto run = std::make_shared<detail::pipeline_run>(ctx, options);
    const struct guard {
      detail::pipeline_run& of;
      ~guard() { of.clear(); }
    } at_end{*run};
    feed to{*run, row_.template make_inlet<item>({on, run}, run->reading())};
    try {
      source_.read(to);
    } catch (...) {
      to.fail(std::current_exception());
      (void)run->finish(to.count);
      throw;
    }
    return run->finish(to.count);
  }

private:
  using item = typename Source::item;

  /// Where the source puts its items, one at a time.
  struct feed {
    detail::pipeline_run& run;
    detail::inlet<item> first;
    std::uint64_t count = 0;

    /// False if the source is to be read no more.
    bool put(item&& value) {
      if (run.reading().canceled() || !first(count, std::move(value)))
        return false;
      ++count;
      return true;
    }
    void fail(const std::exception_ptr& thrown) {
      run.ctx().cancel({ec::exception, "source", text_of(make_error(thrown))});
    }
  };

  Source source_;
  Row row_;
};

namespace detail {

/// In front of a pipeline's steps.
template <class Source>
struct source_front {
  Source source;

  template <class Row>
  pipeline<Source, Row> close(Row r) && {
    return {std::move(source), std::move(r)};
  }
};

template <class Source>
line<source_front<Source>> begin_line(Source s) {
  return {{std::move(s)}, {}};
}

}  // namespace detail

/// The items of a range: of one that is given as an lvalue, copies; else the range itself is read.
template <std::ranges::input_range Range>
auto from(Range&& items) {
  using view = std::views::all_t<Range>;
  return detail::begin_line(detail::range_source<view>{std::views::all(std::forward<Range>(items))});
}

/// The items of several ranges, as they come: each range is read on a thread of its own, the last one on that
/// of `run`, and the source is at its end when all of them are. The order within a range is kept; an item's
/// index is its place among all in the order in which they were admitted. Beside what the first stage holds,
/// one item of each range is in the hands of its reader. A range that throws ends the run as a single source
/// does; so does a thread that the system has not got, with std::system_error. The run ends when each reader
/// has come back from its range, also after a cancel. Ranges as for `from`; their items are of one type, or
/// become their common type.
template <std::ranges::input_range First, std::ranges::input_range Second, std::ranges::input_range... More>
auto merge(First&& first, Second&& second, More&&... more) {
  using item = std::common_type_t<std::ranges::range_value_t<First>, std::ranges::range_value_t<Second>,
                                  std::ranges::range_value_t<More>...>;
  std::tuple views{std::views::all(std::forward<First>(first)), std::views::all(std::forward<Second>(second)),
                   std::views::all(std::forward<More>(more))...};
  return detail::begin_line(detail::merged_source<item, decltype(views)>{std::move(views)});
}

/// The same of a range of ranges, each on a thread of its own.
template <std::ranges::input_range Ranges>
  requires std::ranges::input_range<std::ranges::range_reference_t<Ranges>>
auto merge(Ranges&& ranges) {
  auto views = detail::inner_views<Ranges>(std::forward<Ranges>(ranges));
  using item = std::ranges::range_value_t<typename decltype(views)::value_type>;
  return detail::begin_line(detail::merged_source<item, decltype(views)>{std::move(views)});
}

/// A task (invoke.hpp) that makes one value of each; its options as a stream's.
template <class F>
auto stage(F f, stream_options options = {.name = "stage"}) {
  return detail::map_step<F>{{std::move(f), std::move(options)}};
}

/// Passes on the values for which `wanted` is true.
template <class F>
auto filter(F wanted, stream_options options = {.name = "filter", .parallelism = 1}) {
  return detail::filter_step<F>{{std::move(wanted), std::move(options)}};
}

/// A task that makes a range of values of each; they are passed on one by one.
template <class F>
auto flat_map(F f, stream_options options = {.name = "flat_map"}) {
  return detail::flat_map_step<F>{{std::move(f), std::move(options)}};
}

/// Passes values on in vectors of `size`, the last one shorter. Throws std::invalid_argument if `size` is 0.
inline detail::batch_step batch(std::size_t size) {
  if (size == 0)
    throw std::invalid_argument{"batch: a size of 0; allowed: 1 and more"};
  return {size};
}

/// As above, and a vector that is not full is passed on `time` after its first value came, by the clock of
/// the run's context. What follows is a stage, a filter or a flat_map. A vector has a slot there from its
/// first value on: so the clock never waits, and while that stage is full the values wait before the batch,
/// not in it. Throws std::invalid_argument if `size` is 0, or `time` is not above 0.
inline detail::timed_batch_step batch(std::size_t size, duration time) {
  if (time <= duration::zero())
    throw std::invalid_argument{"batch: a time of " + std::to_string(time.count()) +
                                " ns; allowed: more than 0"};
  return {batch(size).size, time};
}

/// The end: a task whose results nobody wants.
template <class G>
auto into(G g) {
  return detail::into_end<G>{std::make_shared<G>(std::move(g))};
}

/// The end: each branch gets each item, the last one the item itself and the others a copy. An item goes to
/// the branches in their order, and to the next one when the one before has admitted it: a slow branch holds
/// up the rest. Failures, the rule and the way to rest are the run's; the summary has the stages of the first
/// branch, then those of the second, and so on, and `delivered` counts calls of any sink.
template <detail::branch... Branches>
  requires(sizeof...(Branches) > 0)
auto broadcast(Branches... branches) {
  return detail::broadcast_end<detail::row_of<Branches>...>{{detail::as_row(std::move(branches))...}};
}

/// The end: each item goes to one branch, the next in turn that has room; so it waits for room only while all
/// branches are full, and a fast one gets more. A branch begins with a stage, a filter or a flat_map, whose
/// `capacity` says how much room there is. Order is kept within a branch. Else as for `broadcast`.
template <detail::branch... Branches>
  requires(sizeof...(Branches) > 0 && (detail::row_of<Branches>::begins_with_stage && ...))
auto balance(Branches... branches) {
  return detail::balance_end<detail::row_of<Branches>...>{{detail::as_row(std::move(branches))...}};
}

}  // namespace weir
