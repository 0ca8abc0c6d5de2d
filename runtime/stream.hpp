#pragma once

/// A pool whose outcomes come as one stream, in the order that is asked for: to a callback on a thread
/// of the stream's, or to whoever calls `next`. Use it if jobs arrive one by one and one receiver
/// takes all outcomes.
///
/// Bounds: `parallelism` jobs run; `capacity` are inside, counted from admission until the receiver
/// has taken the outcome (a callback has when it returns), so a slow receiver slows its submitters
/// and memory stays flat. A job is destroyed when it has run, unless the receiver wants it. Each job costs
/// some ten nanoseconds beside its own time. All members are thread-safe, except `next`, the iterators and
/// the destructor.

#include <weir/runtime/intake.hpp>
#include <weir/runtime/keyed.hpp>
#include <weir/runtime/outcome.hpp>
#include <weir/runtime/running_stage.hpp>
#include <weir/runtime/stream_block.hpp>
#include <weir/runtime/taken_count.hpp>

#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

namespace detail {

/// As an argument of an emplace: what `make` returns comes into being in its place.
template <class Make>
struct made_in_place {
  Make make;
  explicit(false) operator std::invoke_result_t<Make&>() { return make(); }
};

template <class Make>
made_in_place(Make) -> made_in_place<Make>;

}  // namespace detail

/// Takes the outcomes of a stream: `receive(outcome&)`, or `receive(Job&, outcome&)` if it wants the job
/// back as its task left it; then the job stays until the call returns. The job of an outcome with
/// `ec::abandoned` or `ec::run_timeout` may still be in use: there only what the task does not change may be
/// read, and nothing may be moved.
template <class Receive, class Job, class Result>
concept receiver_for =
    std::invocable<Receive&, outcome<Result>&> || std::invocable<Receive&, Job&, outcome<Result>&>;

/// `Result` is what `f` gives for a `Job` (`task_result_t`): `caf::unit_t` if it returns nothing.
template <job_type Job, result_type Result>
class stream {
public:
  using outcome_type = outcome<Result>;
  using submission_type = submission<Job, std::uint64_t>;

  /// Outcomes go to `receive`, one at a time, on a thread of the stream's. What it throws cancels the
  /// stream, with its text as the cause; it is not called again. It may `try_submit`, but a `submit`
  /// there may wait for itself. If it has a member `pause()`, that is called whenever it has taken all
  /// that was ready, before the thread waits for more: the moment to flush. Throws
  /// std::invalid_argument if the options are not valid. Canceling `ctx` cancels the stream; canceled
  /// jobs are outcomes too.
  template <task_returning<Job, Result> F, receiver_for<Job, Result> Receive>
  stream(engine& on, F f, const stream_options& options, Receive receive,
         const context& ctx = context::background())
      : stream(on, std::make_shared<F>(std::move(f)), options, ctx, wants_jobs<Receive>,
               [receive = std::make_shared<Receive>(std::move(receive))](station& at, taken_ptr taken) {
                 return delivery{[&at, taken = std::move(taken), receive, open = true](auto& ready) mutable {
                   for (auto& s : ready) {
                     hand_over(at, *taken, s, *receive, open);
                     s.jobs.block.reset();
                   }
                   taken->give_back(at);
                   if constexpr (requires { receive->pause(); })
                     guarded(at, open, [&] { receive->pause(); });
                 }};
               }) {}

  /// Outcomes are taken with `next` or by iterating over the stream. Else as above.
  template <task_returning<Job, Result> F>
  stream(engine& on, F f, const stream_options& options, const context& ctx = context::background())
      : stream(on, std::make_shared<F>(std::move(f)), options, ctx, false,
               [](station&, const taken_ptr&) { return delivery{}; }) {}

  /// Cancels what is left and waits for it, at most `shutdown_budget`. Outcomes that nobody took are
  /// dropped; a callback still gets those of the canceled jobs. Blocks; not for a job or a callback of
  /// its own.
  ~stream() {
    if (!stage_.delivers())
      stage_.at().discard();
    stage_.finish();
  }

  /// Admits the job and returns its index, or refuses it at once and hands it back: `ec::overloaded`,
  /// `ec::closed`, or the cause of a cancel. Does not block. Throws what moving a job throws; then it
  /// was not admitted.
  submission_type try_submit(Job job) { return put(nullptr, std::move(job)); }

  /// As `try_submit`; but that there is no room, or no turn, is no refusal in the books: for whoever then
  /// goes to another stage, or comes again.
  submission_type offer(Job job) {
    auto tried = try_submit(std::move(job));
    if (!tried && (was_full(tried.error()) || is(tried.error(), ec::rate_limited))) {
      auto& door = stage_.at().entrance();
      door.forget_refusal(door.lock());
    }
    return tried;
  }

  /// Whether `why`, with which a job was refused or ended, says that there was no slot for it. A stream for
  /// which the system has no thread left ends with the same code.
  [[nodiscard]] bool was_full(const caf::error& why) const {
    if (!is(why, ec::overloaded))
      return false;
    const auto ended = stopped_by();
    return !ended || ended->code != ec::overloaded;
  }

  /// Admits the job as soon as there is room. Blocks until then, or until `ctx` is canceled or the
  /// stream closes, which is then the error. The thread that takes the outcomes must be another one,
  /// unless there is room for sure.
  submission_type submit(const context& ctx, Job job) { return put(&ctx, std::move(job)); }

  /// No more jobs: once all outcomes have been taken, the stream is at its end. Does not block.
  void close() { stage_.close(); }

  /// A right to submit. When the last copy of it has gone the stream closes by itself, so that nobody has to
  /// count who still submits: give each thread that does a copy of its own, made before it starts. Not for
  /// longer than the stream lives; and where the outcomes are read none may be left, or the end never comes.
  class producer {
  public:
    submission_type try_submit(Job job) { return to_->try_submit(std::move(job)); }
    submission_type submit(const context& ctx, Job job) { return to_->submit(ctx, std::move(job)); }

  private:
    friend class stream;
    explicit producer(stream& to) : to_(&to), open_(&to, [](void* s) { static_cast<stream*>(s)->close(); }) {}

    stream* to_;
    std::shared_ptr<void> open_;
  };

  /// The first of a set of producers; to be called once.
  [[nodiscard]] producer produce() { return producer{*this}; }

  /// The next outcome; nothing at the end, as often as it is called. Blocks until there is one. For
  /// one thread at a time, and only where there is no callback.
  [[nodiscard]] std::optional<outcome_type> next() {
    std::optional<outcome_type> o;
    take_next(o);
    return o;
  }

  /// An input iterator: one pass, and each `begin` or `++` takes an outcome.
  class iterator {
  public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = outcome_type;
    using difference_type = std::ptrdiff_t;

    explicit iterator(stream& from) : from_(&from) { from_->take_next(current_); }
    outcome_type& operator*() const noexcept { return *current_; }
    outcome_type* operator->() const noexcept { return &*current_; }
    iterator& operator++() {
      from_->take_next(current_);
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const noexcept { return !current_; }

  private:
    stream* from_;
    mutable std::optional<outcome_type> current_;  // the receiver may move from it
  };
  [[nodiscard]] iterator begin() { return iterator{*this}; }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

  /// Waits until the input is closed and the receiver has taken every outcome. Blocks, for ever if
  /// nobody closes the stream or nobody takes the outcomes. In a job or a callback of its own it throws a
  /// `thrown_error` with `ec::deadlock`.
  void wait() const {
    const wait_entry entry{{awaited::what_t::rest, stage_.at().id()}};
    if (entry.problem())
      throw thrown_error{entry.problem()};
    stage_.at().wait_for_rest();
  }

  /// As `pool::drain`, with the time that the receiver takes, also in a callback of its own. Without a
  /// callback another thread must take the outcomes meanwhile: those that nobody takes use up the budget, but
  /// are not lost.
  shutdown_report drain(duration budget) { return stage_.drain(budget); }

  /// As `drain`, but does not wait for the end.
  void begin_drain(duration budget) { stage_.begin_drain(budget); }

  /// Cancels what is queued and what runs, and closes. Does not wait.
  void cancel(std::string why = "canceled by the caller") { stage_.cancel(std::move(why)); }

  /// Starts nothing more: what is queued ends canceled with `why`, what runs goes on; closes. Does not
  /// wait.
  void stop(const cause& why) { stage_.at().stop(why); }

  /// As `pool::resize`.
  [[nodiscard]] caf::error resize(std::size_t parallelism, std::size_t capacity) {
    return stage_.resize(parallelism, capacity);
  }

  /// The books and the load at this instant. Takes a lock for some hundred nanoseconds.
  [[nodiscard]] station::snapshot stats() {
    taken_->give_back(stage_.at());
    return stage_.at().look();
  }

  /// As `stats`, except that slots whose outcomes have been taken may count as used for a moment longer.
  [[nodiscard]] station::snapshot look() const { return stage_.at().look(); }

  /// The first failure, and why the stream ended early, if it did.
  [[nodiscard]] std::optional<root_error> root() const { return stage_.at().root(); }
  [[nodiscard]] std::optional<cause> stopped_by() const { return stage_.at().stopped_by(); }

  /// For an application's actors, as `pool::supervisor`.
  [[nodiscard]] const supervisor_actor& supervisor() const noexcept { return stage_.supervisor(); }
  [[nodiscard]] std::shared_ptr<const station> share() const noexcept { return stage_.share(); }

private:
  using block = detail::stream_block<Job, Result>;
  using taken_ptr = std::shared_ptr<detail::taken_count>;

  template <class Receive>
  static constexpr bool wants_jobs = std::invocable<Receive&, Job&, outcome_type&>;

  template <class F, class MakeDelivery>
  stream(engine& on, const std::shared_ptr<F>& f, const stream_options& options, const context& ctx,
         bool keep_jobs, MakeDelivery make)
      : stage_(on, running_stage::fit<F, Job>(options).for_pool(), ctx, collected<F>(options),
               [&make, this](station& at) { return make(at, taken_); }),
        intake_(
            stage_.share(),
            [f, &at = stage_.at(), keep_jobs](std::uint64_t sequence) {
              return std::make_shared<detail::stream_block_of<Job, Result, F>>(
                  sequence, at.ctx().time().now(), keep_jobs, f);
            },
            options.for_pool(), detail::keys_of<Job>(f), taken_) {}

  template <class F>
  static station_options collected(const stream_options& options) {
    station_options s;
    s.collected = true;
    s.keyed = keyed_task<F, Job>;
    s.sends_jobs = detail::batch_task<F>;
    s.ordered = options.order == order::input;
    if (options.order == order::completed)
      s.batch_max = 1;
    return s;
  }

  static block& block_of(const finished_span& s) { return static_cast<block&>(*s.jobs.block); }

  /// Calls the receiver for each outcome of a span; after it threw, the rest are dropped.
  template <class Receive>
  static void hand_over(station& at, detail::taken_count& taken, finished_span& s, Receive& receive,
                        bool& open) {
    auto& from = block_of(s);
    typename block::reader outcomes{from, s};
    for (auto i = s.jobs.first; i < s.jobs.last; ++i) {
      auto o = outcomes.take(i);
      guarded(at, open, [&] {
        if constexpr (wants_jobs<Receive>)
          receive(from.job(i), o);
        else
          receive(o);
      });
      if constexpr (wants_jobs<Receive>)
        if (!s.in_use)
          from.drop_job(i);
      taken.add_one(at);
    }
  }

  /// Makes a call of the receiver, unless an earlier one threw, or the stream has been ended without it.
  template <class Call>
  static void guarded(station& at, bool& open, Call call) {
    try {
      if (open && !at.discards())
        call();
    } catch (...) {
      open = false;
      at.ctx().cancel({ec::exception, "receiver", text_of(make_error(std::current_exception()))});
    }
  }

  /// Makes the next outcome in `to`, which is left empty at the end.
  void take_next(std::optional<outcome_type>& to) {
    to.reset();
    if (index_ == last_ && !enter_span())
      return;
    to.emplace(detail::made_in_place{[&] { return outcomes_.take(index_); }});
    if (++index_ == last_)
      leave_span();
    else
      taken_->add_one(stage_.at());
  }

  /// False at the end.
  [[gnu::noinline]] bool enter_span() {
    if (at_ == ready_.size()) {
      ready_.clear();
      at_ = 0;
      if (!stage_.at().collect(ready_))
        return false;
    }
    auto& span = ready_[at_];
    outcomes_ = {block_of(span), span};
    index_ = span.jobs.first;
    last_ = span.jobs.last;
    return true;
  }

  [[gnu::noinline]] void leave_span() {
    ready_[at_].jobs.block.reset();
    taken_->add_one(stage_.at());
    if (++at_ == ready_.size())
      taken_->give_back(stage_.at());
  }

  submission_type put(const context* wait, Job job) {
    auto placed = intake_.put(wait, job);
    if (auto* const refused = std::get_if<caf::error>(&placed))
      return {std::move(*refused), std::move(job)};
    return std::get<std::uint64_t>(placed);
  }

  // Shared with the receiver's thread, which may outlive the stream where it was written off.
  const taken_ptr taken_ = std::make_shared<detail::taken_count>();
  running_stage stage_;
  detail::intake<block, Job> intake_;

  // What `next` works on: the span at `at_` is taken up to `index_`, and ends at `last_`.
  std::vector<finished_span> ready_;
  std::size_t at_ = 0;
  std::uint64_t index_ = 0;
  std::uint64_t last_ = 0;
  typename block::reader outcomes_;
};

}  // namespace weir
