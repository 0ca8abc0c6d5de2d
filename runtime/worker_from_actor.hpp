#pragma once

/// An application's own CAF actors as the workers of a pool or stream. Each gets one job at a time, as a
/// message of the job's type, and answers with the result or an error. They are supervised: for one that
/// ends, whatever for, another one is started, and the job that it had runs again there, as the next attempt;
/// a job that costs too many of them (`retry.losses`) has failed with `ec::quarantined`. One that ends before
/// it has had a job counts against the restart rule of `worker_options`; when there are more of these than
/// that allows, of all workers together, the run is canceled with `ec::worker_lost` as the next job comes.
///
///   caf::behavior handler(caf::event_based_actor* self) {
///     weir::watch(self, [](const caf::actor_addr&, const caf::error&) {});
///     return {[](int x) -> caf::result<int> { return x * x; }};
///   }
///
///   const auto make = [](caf::actor_system& s) { return s.spawn(handler); };
///   weir::pool<int, int> pool{engine, weir::worker_from_actor<int, int>(engine, make, {.workers = 4}),
///                             {.parallelism = 4}};
///
/// `watch` (actors/caf.hpp) makes what a handler throws the reason of the worker's end, which the job's
/// history tells. Without it CAF has its own ways: it writes to stdout, and keeps no text of the exception.
///
/// A worker can't be interrupted within a handler. When its job is canceled or late it is killed, and another
/// one takes its place when it has ended; or after `stop_time`: then it is left to itself, and with it the
/// thread it blocks, so have workers that may block spawned `detached`. A handler that neither answers nor
/// ends holds its job for ever, unless there is a `timeouts.run`; so does one that drops its response
/// promise.

#include <weir/runtime/engine.hpp>
#include <weir/runtime/options.hpp>
#include <weir/runtime/seats.hpp>

#include <caf/atom.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace weir {

namespace detail {

/// Where the answer to a job is put, once; or that nobody has taken the job.
template <class Result>
class answer {
public:
  void put(std::optional<caf::expected<Result>> result) {
    std::lock_guard guard{mutex_};
    if (std::exchange(there_, true))
      return;
    content_ = std::move(result);
    changed_.notify_all();
  }

  /// Waits for it. `on_cancel` is called, once, if `ctx` is canceled meanwhile.
  template <class OnCancel>
  std::optional<caf::expected<Result>> wait(const context& ctx, OnCancel on_cancel) {
    const auto watch = ctx.on_cancel([this] {
      std::lock_guard guard{mutex_};
      changed_.notify_all();
    });
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return there_ || ctx.canceled(); });
    if (!there_) {
      lock.unlock();
      on_cancel();
      lock.lock();
      changed_.wait(lock, [&] { return there_; });
    }
    return std::move(content_);
  }

private:
  sync::mutex mutex_;
  sync::condition_variable changed_;
  bool there_ = false;
  std::optional<caf::expected<Result>> content_;
};

/// The side that has to answer: whoever takes it and lets go of it without, has lost the job.
template <class Result>
class answer_promise {
public:
  explicit answer_promise(std::shared_ptr<answer<Result>> to) : to_(std::move(to)) {}
  answer_promise(const answer_promise&) = delete;
  answer_promise& operator=(const answer_promise&) = delete;
  ~answer_promise() {
    if (taken_)
      to_->put(caf::expected<Result>{make_error(ec::worker_lost, "its worker was killed")});
    else
      to_->put(std::nullopt);
  }

  void take() noexcept { taken_ = true; }
  void put(caf::expected<Result> result) { to_->put(std::move(result)); }

private:
  bool taken_ = false;
  std::shared_ptr<answer<Result>> to_;
};

/// A job on its way to a worker.
template <class Job, class Result>
struct errand {
  Job job;
  std::uint64_t number;
  std::shared_ptr<answer_promise<Result>> to;
};

/// Stands between a lane and the application's actor: it has at most one job there, and knows when that is
/// lost.
template <class Job, class Result>
struct worker_seat {
  static constexpr const char* name = "weir.worker_seat";

  using self_pointer = caf::stateful_actor<worker_seat>*;

  worker_seat() = default;
  worker_seat(const worker_seat&) = delete;
  worker_seat& operator=(const worker_seat&) = delete;
  ~worker_seat() { end_worker(caf::exit_reason::kill); }

  caf::actor worker;
  std::shared_ptr<answer_promise<Result>> open;
  std::uint64_t number = 0;  // of the job that it has or had
  bool had_job = false;      // its worker has
  bool renews = false;       // its worker was killed, and another one is to take its place
  bool ends = false;
  std::shared_ptr<worker_source> source;
  timer patience;

  static caf::behavior run(self_pointer self, const std::shared_ptr<worker_source>& source) {
    self->state.source = source;
    watch(self, [self](const caf::actor_addr& who, const caf::error& why) {
      auto& s = self->state;
      if (!s.worker || s.worker.address() != who)
        return;
      s.worker = nullptr;
      s.lose(why);
      // A death that a job may have caused counts against the job. Who ends without one can't work.
      if (std::exchange(s.renews, false) || (s.had_job && !s.ends))
        s.start_worker(self);
      else
        self->quit(why);
    });
    // Asked to end, it has its worker end: that end is its own.
    self->set_exit_handler([self](caf::exit_msg& m) {
      self->state.ends = true;
      self->state.renews = false;
      self->state.end_worker(m.reason);
    });
    self->state.start_worker(self);
    return {
        [self](errand<Job, Result>& e) {
          auto& s = self->state;
          s.open = std::move(e.to);
          s.open->take();
          s.number = e.number;
          s.had_job = true;
          self->request(s.worker, caf::infinite, std::move(e.job))
              .then([self, of = e.number](Result& r) { self->state.finish(of, std::move(r)); },
                    [self, of = e.number](caf::error& why) {
                      self->state.finish_if_alive(self, of, std::move(why));
                    });
        },
        // The job of this number is no longer wanted: if it still has that, another worker takes its place.
        [self](leave_tag, std::uint64_t of) {
          auto& s = self->state;
          if (!s.open || s.number != of)
            return;
          s.renews = !s.ends;
          s.end_worker(caf::exit_reason::kill);
          s.be_patient(self);
        },
        [self](phase_due_tag) {
          auto& s = self->state;
          if (s.renews && s.worker)
            s.abandon_worker(self);
        },
    };
  }

  void start_worker(self_pointer self) {
    had_job = false;
    worker = source->start(self->system());
    if (worker)
      self->monitor(worker);
    else
      self->quit();
  }

  void be_patient(self_pointer self) {
    auto& time = control_clock();
    patience = tell_at(time, time.now() + source->stop_time(), caf::actor_cast<caf::actor>(self),
                       phase_due_tag::value);
  }

  void abandon_worker(self_pointer self) {
    if (!worker_source::abandon(source, worker))
      return be_patient(self);
    self->demonitor(worker);
    renews = false;
    lose(make_error(ec::abandoned, "it goes on though it was killed"));
    start_worker(self);
  }

  void end_worker(const caf::error& reason) {
    if (worker)
      tell(worker, caf::exit_msg{nullptr, reason});
  }

  /// What a worker says that was killed comes too late: its job has been given up, and its place is free only
  /// when it has ended.
  void finish(std::uint64_t of, caf::expected<Result> r) {
    if (of == number && !renews)
      answer_open(std::move(r));
  }

  /// An error is the worker's answer, or tells of its end, also of one by an exception: that a job fails and
  /// that it is lost must not be taken for each other. So it is asked for its name, which each actor knows.
  void finish_if_alive(self_pointer self, std::uint64_t of, caf::error why) {
    if (!worker)
      return;
    self->request(worker, caf::infinite, caf::sys_atom::value, caf::get_atom::value, std::string{"info"})
        .then([self, of, why = std::move(why)](caf::ok_atom, const std::string&, const caf::strong_actor_ptr&,
                                               const std::string&) { self->state.finish(of, why); },
              // Its end is told by a message of its own, with the reason.
              [](const caf::error&) {});
  }

  void answer_open(caf::expected<Result> r) {
    if (const auto to = std::exchange(open, nullptr))
      to->put(std::move(r));
  }

  void lose(const caf::error& why) {
    answer_open(make_error(ec::worker_lost, why ? "its worker ended: " + describe(why) : "its worker ended"));
  }
};

template <class Job, class Result>
class actor_task {
public:
  explicit actor_task(std::shared_ptr<supervised_seats> at) : at_(std::move(at)) {}

  caf::expected<Result> operator()(const context& ctx, const Job& job) {
    for (;;) {
      auto seat = at_->places().take(ctx);
      if (!seat)
        return seat.error();
      struct hold {
        seats& all;
        const seats::seat& one;
        bool has_ended = false;
        ~hold() {
          if (!has_ended)
            all.give_back(one);
        }
      } held{at_->places(), *seat};
      const auto to = std::make_shared<answer<Result>>();
      // The same way as what may follow it, which must not overtake it.
      tell(seat->worker, errand<Job, Result>{job, seat->job, std::make_shared<answer_promise<Result>>(to)});
      auto result = to->wait(ctx, [&] { tell(seat->worker, leave_tag::value, seat->job); });
      // Who has not taken it has ended, and is not there for another one.
      held.has_ended = !result;
      if (!result)
        continue;
      // Who was asked to end, because of the context or with all others, has not lost the job.
      if (!*result && is(result->error(), ec::worker_lost)) {
        if (ctx.canceled())
          return ctx.error();
        if (auto none = at_->places().none_left(ctx))
          return none;
      }
      return std::move(*result);
    }
  }

private:
  std::shared_ptr<supervised_seats> at_;
};

}  // namespace detail

/// A task for jobs of type `Job`, which must be copyable and, as `Result`, something that CAF takes as a
/// message's content within the process: a plain type, or one named by CAF_ALLOW_UNSAFE_MESSAGE_TYPE. `make`
/// starts a worker, which must be an event-based actor; it is called on a thread that carries messages, one
/// call at a time, and must not block; what it throws counts as the end of a worker. When the task has been
/// destroyed, `make` is not called any more; the workers are asked to end then, but a handler may go on until
/// the engine's destructor has returned, which waits for it; with an actor system that is not the engine's
/// own, until that has ended. Does not block. Throws std::invalid_argument if the options are not valid.
template <class Job, class Result, class Make>
auto worker_from_actor(engine& on, Make make, worker_options options = {}) {
  if (const auto problem = options.validate())
    throw std::invalid_argument{"workers: " + text_of(problem)};
  options.restart.how = policy::strategy::one_for_one;
  const auto source =
      std::make_shared<detail::worker_source>(std::move(make), options.stop_time, options.abandoned_max);
  std::vector<child_spec> workers;
  for (std::size_t i = 0; i < options.workers; ++i)
    workers.push_back({"worker " + std::to_string(i), policy::child_kind::permanent, options.stop_time,
                       [source](caf::actor_system& s) -> caf::actor {
                         return s.spawn(detail::worker_seat<Job, Result>::run, source);
                       }});
  return detail::actor_task<Job, Result>{
      std::make_shared<detail::supervised_seats>(on.system(), options.restart, std::move(workers), source)};
}

}  // namespace weir

namespace caf {

template <class Job, class Result>
struct allowed_unsafe_message_type<weir::detail::errand<Job, Result>> : std::true_type {};

}  // namespace caf
