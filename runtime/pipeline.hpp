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

#include <weir/runtime/pipeline_run.hpp>
#include <weir/runtime/stream.hpp>

#include <atomic>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <tuple>
#include <utility>
#include <vector>

namespace weir {

namespace detail {

/// A value on its way, and the source's item that it comes from.
template <class T>
struct numbered {
  std::uint64_t index = 0;
  T value;
};

/// Takes a value; false if it found the next stage closed.
template <class T>
using inlet = std::function<bool(std::uint64_t index, T&& value)>;

/// One stage: a stream whose outcomes go on through `Step::hand_on`.
template <class Step, class In>
class stage_link final : public pipeline_link {
  using made = typename Step::template made<In>;
  using job = numbered<In>;
  using result = numbered<made>;
  using onward = inlet<typename Step::template next<In>>;

  struct task {
    using hears_of_failures = void;
    std::string name;
    typename Step::function f;
    std::shared_ptr<pipeline_run> run;

    caf::expected<result> operator()(const context& ctx, job& j) {
      auto r = Step::call(f, ctx, j.value);
      if (!r)
        return std::move(r.error());
      return result{j.index, std::move(*r)};
    }
    void failed(const job& j, const caf::error& why, unsigned attempt) {
      run->failed({j.index, name, why, attempt});
    }
    [[nodiscard]] std::uint64_t key_hash(const job& j) const
      requires keyed_task<typename Step::function, In>
    {
      return f.key_hash(j.value);
    }
  };

public:
  stage_link(engine& on, const Step& step, const std::shared_ptr<pipeline_run>& run, onward to)
      : name_(step.options.name),
        drops_(step.options.overflow != policy::overflow::reject),
        run_(run),
        stream_(
            on, task{step.options.name, step.f, run}, step.template checked<In>(),
            [to = std::move(to)](outcome<result>& o) {
              if (o.completed())
                Step::template hand_on<In>(o.result->index, std::move(o.result->value), to);
            },
            run->ctx()) {}

  /// False if nothing can come in any more. An item for which there is no room has ended here, as the stage's
  /// `overflow` says.
  bool submit(const context& ctx, std::uint64_t index, In&& value) {
    const auto offer = stream_.submit(ctx, {index, std::move(value)});
    if (offer)
      return true;
    if (is(offer.error(), ec::overloaded) && drops_)
      dropped_.fetch_add(1, std::memory_order_relaxed);
    else if (is(offer.error(), ec::overloaded) || is(offer.error(), ec::submit_timeout))
      run_->failed({index, name_, offer.error(), 0});
    else
      return false;
    return true;
  }

  void drain() override { stream_.drain(duration::max()); }
  void stop(const cause& why) override { stream_.stop(why); }
  void kill(duration budget) override { tell(stream_.supervisor(), stop_tag::value, budget); }
  [[nodiscard]] std::optional<cause> stopped_by() const override { return stream_.stopped_by(); }
  [[nodiscard]] std::optional<pipeline_summary::stage> summary() const override {
    const auto s = stream_.look();
    return pipeline_summary::stage{name_, s.books, s.peak_running, s.retries, s.dropped + dropped_.load()};
  }

private:
  std::string name_;
  bool drops_;
  std::shared_ptr<pipeline_run> run_;
  std::atomic<std::uint64_t> dropped_{0};
  stream<job, result> stream_;
};

/// What the steps with a function and workers of their own share.
template <class F>
struct working_step {
  using function = F;

  F f;
  stream_options options;

  /// The options, if they fit. Throws std::invalid_argument if not.
  template <class In>
  [[nodiscard]] const stream_options& checked() const {
    return running_stage::fit<F, In>(options);
  }
};

template <class F>
struct map_step : working_step<F> {
  template <class In>
  using made = task_result_t<F, In>;
  template <class In>
  using next = made<In>;

  template <class In>
  static auto call(F& f, const context& ctx, In& value) {
    return run_task(f, ctx, value);
  }
  template <class In>
  static void hand_on(std::uint64_t index, made<In>&& value, const inlet<next<In>>& to) {
    to(index, std::move(value));
  }
};

template <class F>
struct filter_step : working_step<F> {
  template <class In>
  using made = std::optional<In>;
  template <class In>
  using next = In;

  template <class In>
  static caf::expected<std::optional<In>> call(F& f, const context& ctx, In& value) {
    auto wanted = run_task(f, ctx, std::as_const(value));
    if (!wanted)
      return std::move(wanted.error());
    return *wanted ? std::optional<In>{std::move(value)} : std::nullopt;
  }
  template <class In>
  static void hand_on(std::uint64_t index, std::optional<In>&& value, const inlet<In>& to) {
    if (value)
      to(index, std::move(*value));
  }
};

template <class F>
struct flat_map_step : working_step<F> {
  template <class In>
  using made = task_result_t<F, In>;
  template <class In>
  using next = std::ranges::range_value_t<made<In>>;

  template <class In>
  static auto call(F& f, const context& ctx, In& value) {
    return run_task(f, ctx, value);
  }
  template <class In>
  static void hand_on(std::uint64_t index, made<In>&& values, const inlet<next<In>>& to) {
    for (auto&& v : values)
      if (!to(index, std::move(v)))
        return;
  }
};

struct batch_step {
  std::size_t size;
};

/// Gathers values until they are as many as asked for. Called by one thread at a time.
template <class T>
class batch_link final : public pipeline_link {
public:
  batch_link(std::size_t size, inlet<std::vector<T>> to) : size_(size), to_(std::move(to)) {}

  bool add(std::uint64_t index, T&& value) {
    if (values_.empty())
      first_ = index;
    values_.push_back(std::move(value));
    return values_.size() < size_ || pass();
  }

  void drain() override {
    if (!values_.empty())
      pass();
  }
  void stop(const cause&) override {}
  void kill(duration) override {}
  [[nodiscard]] std::optional<cause> stopped_by() const override { return std::nullopt; }
  [[nodiscard]] std::optional<pipeline_summary::stage> summary() const override { return std::nullopt; }

private:
  bool pass() { return to_(first_, std::exchange(values_, {})); }

  const std::size_t size_;
  inlet<std::vector<T>> to_;
  std::vector<T> values_;
  std::uint64_t first_ = 0;
};

template <class G>
struct into_step {
  G g;
};

template <class Range>
inline constexpr bool owns_items = false;
template <class Range>
inline constexpr bool owns_items<std::ranges::owning_view<Range>> = true;

template <class Step>
inline constexpr bool is_step = false;
template <class F>
inline constexpr bool is_step<map_step<F>> = true;
template <class F>
inline constexpr bool is_step<filter_step<F>> = true;
template <class F>
inline constexpr bool is_step<flat_map_step<F>> = true;
template <>
inline constexpr bool is_step<batch_step> = true;

}  // namespace detail

/// A pipeline that is ready to run, once.
template <class Source, class Sink, class... Steps>
class pipeline {
public:
  pipeline(Source from, std::tuple<Steps...> steps, Sink to)
      : source_(std::move(from)), steps_(std::move(steps)), sink_(std::make_shared<Sink>(std::move(to))) {}

  /// Reads the source to its end and waits until all has passed. Blocks the calling thread; canceling `ctx`
  /// ends it early. What reading the source throws ends it too, and is thrown on. A call of a stage's
  /// function or of the sink that does not return within `shutdown_budget` is written off: what it uses must
  /// live on. Throws std::invalid_argument if the options of the run or of a stage are not valid.
  pipeline_summary run(engine& on, const context& ctx, const pipeline_options& options = {}) {
    const auto run = std::make_shared<detail::pipeline_run>(ctx, options);
    using item = std::ranges::range_value_t<Source>;
    const struct guard {
      detail::pipeline_run& of;
      ~guard() { of.clear(); }
    } at_end{*run};
    const auto first = make_inlet<0, item>(on, run, run->reading());
    std::uint64_t read = 0;
    try {
      for (auto&& value : source_) {
        if (run->reading().canceled() || !first(read, item(own<decltype(value)>(value))))
          break;
        ++read;
      }
    } catch (...) {
      run->ctx().cancel({ec::exception, "source", text_of(make_error(std::current_exception()))});
      (void)run->finish(read);
      throw;
    }
    return run->finish(read);
  }

private:
  using run_ptr = std::shared_ptr<detail::pipeline_run>;

  /// What the range makes is moved on, and so is what it owns: it is read once.
  template <class Reference>
  static decltype(auto) own(std::remove_reference_t<Reference>& value) {
    if constexpr (detail::owns_items<Source> || std::is_rvalue_reference_v<Reference>)
      return std::move(value);
    else
      return std::as_const(value);
  }

  /// The way into step `I`, made from the sink to the source.
  template <std::size_t I, class In>
  detail::inlet<In> make_inlet(engine& on, const run_ptr& run, const context& within) {
    if constexpr (I == sizeof...(Steps)) {
      return [run, sink = sink_](std::uint64_t index, In&& value) {
        if (!run->enter_sink())
          return false;
        const auto taken = run_task(*sink, run->ctx(), value);
        if (taken)
          run->count_delivered();
        else if (!run->ctx().explains(taken.error()))
          run->failed({index, {}, taken.error(), 1});
        return true;
      };
    } else {
      return make_link<I, In>(on, run, within, std::get<I>(steps_));
    }
  }

  template <std::size_t I, class In, class Step>
  detail::inlet<In> make_link(engine& on, const run_ptr& run, const context& within, const Step& step) {
    auto onward = make_inlet<I + 1, typename Step::template next<In>>(on, run, run->ctx());
    auto link = std::make_shared<detail::stage_link<Step, In>>(on, step, run, std::move(onward));
    run->add(link);
    return [link, within](std::uint64_t index, In&& value) {
      return link->submit(within, index, std::move(value));
    };
  }

  template <std::size_t I, class In>
  detail::inlet<In> make_link(engine& on, const run_ptr& run, const context&,
                              const detail::batch_step& step) {
    auto onward = make_inlet<I + 1, std::vector<In>>(on, run, run->ctx());
    auto link = std::make_shared<detail::batch_link<In>>(step.size, std::move(onward));
    run->add(link);
    return [link](std::uint64_t index, In&& value) { return link->add(index, std::move(value)); };
  }

  Source source_;
  std::tuple<Steps...> steps_;
  std::shared_ptr<Sink> sink_;
};

/// A pipeline without its sink.
template <class Source, class... Steps>
struct pipeline_line {
  Source source;
  std::tuple<Steps...> steps;

  template <class Step>
    requires detail::is_step<Step>
  friend auto operator|(pipeline_line line, Step step) {
    return pipeline_line<Source, Steps..., Step>{
        std::move(line.source), std::tuple_cat(std::move(line.steps), std::tuple<Step>{std::move(step)})};
  }

  template <class G>
  friend auto operator|(pipeline_line line, detail::into_step<G> to) {
    return pipeline<Source, G, Steps...>{std::move(line.source), std::move(line.steps), std::move(to.g)};
  }
};

/// The items of a range: of one that is given as an lvalue, copies; else the range itself is read.
template <std::ranges::input_range Range>
auto from(Range&& items) {
  return pipeline_line<std::views::all_t<Range>>{std::views::all(std::forward<Range>(items)), {}};
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

/// The end: a task whose results nobody wants.
template <class G>
auto into(G g) {
  return detail::into_step<G>{std::move(g)};
}

}  // namespace weir
