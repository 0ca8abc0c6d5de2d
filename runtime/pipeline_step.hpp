#pragma once

/// The steps of a pipeline that have a function and workers of their own, and how each becomes a link of a
/// run: a stream whose receiver submits to the next link.

#include <weir/actors/policy/balance.hpp>
#include <weir/runtime/batch_task.hpp>
#include <weir/runtime/doorbell.hpp>
#include <weir/runtime/pipeline_run.hpp>
#include <weir/runtime/stream.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

namespace weir::detail {

/// What the links of one run are made with.
struct assembly {
  engine& on;
  std::shared_ptr<pipeline_run> run;
};

/// A value on its way, and the source's item that it comes from.
template <class T>
struct numbered {
  std::uint64_t index = 0;
  T value;
};

/// Takes a value, from one thread at a time; false if it found what is behind it closed.
template <class T>
using inlet = std::function<bool(std::uint64_t index, T&& value)>;

/// What became of a value that was offered to who may have no room.
enum class offered : std::uint8_t {
  taken,
  not_now,  ///< there is no room, or its turn has not come; the value is still the caller's
  never,    ///< nothing can come in any more
};

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

    [[nodiscard]] bool may_start() const { return run->lets_start(); }

    caf::expected<result> operator()(const context& ctx, job& j) {
      return result_of(j, run_task(f, ctx, Step::input(j.value)));
    }

    /// Several, if the step's function does them so.
    class batch {
    public:
      explicit batch(typename Step::function::batch of) : of_(std::move(of)) {}

      [[nodiscard]] std::uint64_t limit() const noexcept { return of_.limit(); }
      [[nodiscard]] bool add(job& j) {
        jobs_.push_back(&j);
        return of_.add(Step::input(j.value));
      }
      void run() { of_.run(); }
      [[nodiscard]] caf::expected<result> next() { return result_of(*jobs_[next_++], of_.next()); }
      [[nodiscard]] std::optional<duration> busy() const { return of_.busy(); }
      [[nodiscard]] const std::string& place() const { return of_.place(); }

    private:
      typename Step::function::batch of_;
      std::vector<job*> jobs_;
      std::size_t next_ = 0;
    };

    caf::expected<batch> begin_batch(const context& ctx, const batch_wish& wish)
      requires batch_task<typename Step::function>
    {
      auto begun = f.begin_batch(ctx, wish);
      if (!begun)
        return std::move(begun.error());
      return batch{std::move(*begun)};
    }

    void failed(const job& j, const caf::error& why, unsigned attempt) {
      run->failed({j.index, name, why, attempt});
    }
    [[nodiscard]] std::uint64_t key_hash(const job& j) const
      requires keyed_task<typename Step::function, In>
    {
      return f.key_hash(j.value);
    }

  private:
    static caf::expected<result> result_of(job& j, typename Step::template returned<In> r) {
      auto&& m = Step::made_of(j.value, r);
      if (!m)
        return std::move(m.error());
      return result{j.index, std::move(*m)};
    }
  };

  struct receiver {
    std::string name;
    std::shared_ptr<pipeline_run> run;
    onward to;
    std::shared_ptr<doorbell> bell;

    void operator()(outcome<result>& o) {
      // The slot of an outcome is free when the call that takes it has returned.
      pause();
      if (!o.completed())
        return;
      try {
        Step::template hand_on<In>(o.result->index, std::move(o.result->value), to);
      } catch (...) {
        // It is not called again, and what comes after is lost to the run.
        run->ctx().cancel({ec::exception, name, text_of(make_error(std::current_exception()))});
        throw;
      }
    }
    void pause() {
      if (bell)
        bell->ring();
    }
  };

public:
  /// `bell`, if there is one, rings when slots may have become free.
  stage_link(const assembly& a, const Step& step, onward to, std::shared_ptr<doorbell> bell)
      : name_(step.options.name),
        overflow_(step.options.overflow),
        run_(a.run),
        stream_(a.on, task{step.options.name, step.f, a.run}, step.template checked<In>(),
                receiver{step.options.name, a.run, std::move(to), std::move(bell)}, a.run->ctx()) {}

  /// False if nothing can come in any more. An item for which there is no room has ended here, as the stage's
  /// `overflow` says.
  bool submit(const context& ctx, std::uint64_t index, In&& value) {
    const auto offer = stream_.submit(ctx, {index, std::move(value)});
    if (offer)
      return true;
    const auto full = stream_.was_full(offer.error());
    if (full && overflow_ != policy::overflow::reject)
      dropped_.fetch_add(1, std::memory_order_relaxed);
    else if (full || is(offer.error(), ec::submit_timeout))
      run_->failed({index, name_, offer.error(), 0});
    else
      return false;
    return true;
  }

  /// Does not wait: what is refused stays in `value`, and the stage's `overflow` has no say.
  offered offer(std::uint64_t index, In& value) {
    auto tried = stream_.offer({index, std::move(value)});
    if (tried)
      return offered::taken;
    value = std::move(tried.job().value);
    const auto later = stream_.was_full(tried.error()) || is(tried.error(), ec::rate_limited);
    return later ? offered::not_now : offered::never;
  }

  /// Whether an item for which there is no room waits, instead of ending here.
  [[nodiscard]] bool blocks() const noexcept { return overflow_ == policy::overflow::block; }

  [[nodiscard]] policy::balance::load load() const {
    const auto now = stream_.look();
    return {now.used, now.parallelism};
  }

  void drain() override {
    try {
      stream_.drain(duration::max());
    } catch (const thrown_error& e) {
      // The caller is a job that this stage waits for. Canceled, it comes to rest within the budget.
      run_->ctx().cancel({ec::deadlock, name_, e.what()});
      stream_.drain(run_->shutdown_budget());
    }
  }
  void stop(const cause& why) override { stream_.stop(why); }
  void kill(duration budget) override { stream_.begin_drain(budget); }
  [[nodiscard]] std::optional<cause> stopped_by() const override { return stream_.stopped_by(); }
  [[nodiscard]] std::optional<pipeline_summary::stage> summary() const override {
    const auto s = stream_.look();
    return pipeline_summary::stage{name_, s.books, s.peak_running, s.retries, s.dropped + dropped_.load()};
  }

private:
  std::string name_;
  policy::overflow overflow_;
  std::shared_ptr<pipeline_run> run_;
  std::atomic<std::uint64_t> dropped_{0};
  stream<job, result> stream_;
};

/// What the steps with a function and workers of their own share. `rest` is what follows the step in its row.
template <class Step, class F>
struct working_step {
  using function = F;

  F f;
  stream_options options;

  /// The options, if they fit. Throws std::invalid_argument if not.
  template <class In>
  [[nodiscard]] const stream_options& checked() const {
    return running_stage::fit<F, In>(options);
  }

  /// The stage itself, for who offers to it without waiting.
  template <class In, class Rest>
  auto make_stage(const assembly& a, std::shared_ptr<doorbell> bell, Rest rest) const {
    auto onward = rest.template make_inlet<typename Step::template next<In>>(a, a.run->ctx());
    auto link = std::make_shared<stage_link<Step, In>>(a, static_cast<const Step&>(*this), std::move(onward),
                                                       std::move(bell));
    a.run->add(link);
    return link;
  }

  template <class In, class Rest>
  inlet<In> make_inlet(const assembly& a, const context& within, Rest rest) const {
    return [link = make_stage<In>(a, {}, rest), within](std::uint64_t index, In&& value) {
      return link->submit(within, index, std::move(value));
    };
  }
};

template <class F>
struct map_step : working_step<map_step<F>, F> {
  template <class In>
  using returned = caf::expected<task_result_t<F, In>>;
  template <class In>
  using made = task_result_t<F, In>;
  template <class In>
  using next = made<In>;

  template <class In>
  static In& input(In& value) {
    return value;
  }
  template <class In>
  static returned<In>& made_of(In&, returned<In>& r) {
    return r;
  }
  template <class In>
  static void hand_on(std::uint64_t index, made<In>&& value, const inlet<next<In>>& to) {
    to(index, std::move(value));
  }
};

template <class F>
struct filter_step : working_step<filter_step<F>, F> {
  template <class In>
  using returned = caf::expected<task_result_t<F, const In>>;
  template <class In>
  using made = std::optional<In>;
  template <class In>
  using next = In;

  template <class In>
  static const In& input(const In& value) {
    return value;
  }
  template <class In>
  static caf::expected<std::optional<In>> made_of(In& value, returned<In>& wanted) {
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
struct flat_map_step : working_step<flat_map_step<F>, F> {
  template <class In>
  using returned = caf::expected<task_result_t<F, In>>;
  template <class In>
  using made = task_result_t<F, In>;
  template <class In>
  using next = std::ranges::range_value_t<made<In>>;

  template <class In>
  static In& input(In& value) {
    return value;
  }
  template <class In>
  static returned<In>& made_of(In&, returned<In>& r) {
    return r;
  }
  template <class In>
  static void hand_on(std::uint64_t index, made<In>&& values, const inlet<next<In>>& to) {
    for (auto&& v : values)
      if (!to(index, std::move(v)))
        return;
  }
};

template <class Step>
inline constexpr bool is_working_step = false;
template <class F>
inline constexpr bool is_working_step<map_step<F>> = true;
template <class F>
inline constexpr bool is_working_step<filter_step<F>> = true;
template <class F>
inline constexpr bool is_working_step<flat_map_step<F>> = true;

}  // namespace weir::detail
