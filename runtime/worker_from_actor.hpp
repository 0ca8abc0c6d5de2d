#pragma once

/// An application's own CAF actors as the workers of a pool or stream. Each gets one job at a time, as a
/// message of the job's type, and answers with the result or an error. They are supervised: one that ends,
/// whatever for, is started again by the rule given, and the job that it had runs again with another one, as
/// the next attempt; a job that costs too many of them (`retry.losses`) has failed with `ec::quarantined`.
/// When more end than the rule allows, the run is canceled with `ec::worker_lost`.
///
///   auto task = weir::worker_from_actor<request, reply>(engine, [](caf::actor_system& s) { return
///   s.spawn(handler); },
///                                                       {.workers = 4});
///   weir::pool<request, reply> pool{engine, std::move(task), {.parallelism = 4}};
///
/// A worker can't be interrupted within a handler. When its job is canceled or late it is asked to end, and
/// its slot is taken until it has. A handler that neither answers nor ends holds its job for ever: set a
/// `timeouts.run`.

#include <weir/runtime/engine.hpp>
#include <weir/runtime/seats.hpp>

#include <caf/event_based_actor.hpp>
#include <caf/sec.hpp>
#include <caf/stateful_actor.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace weir {

struct worker_options {
  /// As many as the stage has `parallelism`; with fewer, jobs wait for a free one within their attempt.
  std::size_t workers = default_parallelism();
  policy::restart_rule restart = {.intensity = 10};
  /// How long a worker has to end when it was asked to, before it is killed.
  duration stop_time = std::chrono::seconds{5};
};

namespace detail {

/// Where the answer to a job is put, once.
template <class Result>
class answer {
public:
  void put(caf::expected<Result> result) {
    std::lock_guard guard{mutex_};
    if (content_)
      return;
    content_.emplace(std::move(result));
    changed_.notify_all();
  }

  /// Waits for it. `on_cancel` is called, once, if `ctx` is canceled meanwhile.
  template <class OnCancel>
  caf::expected<Result> wait(const context& ctx, OnCancel on_cancel) {
    const auto watch = ctx.on_cancel([this] {
      std::lock_guard guard{mutex_};
      changed_.notify_all();
    });
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return content_ || ctx.canceled(); });
    if (!content_) {
      lock.unlock();
      on_cancel();
      lock.lock();
      changed_.wait(lock, [&] { return content_.has_value(); });
    }
    return std::move(*content_);
  }

private:
  sync::mutex mutex_;
  sync::condition_variable changed_;
  std::optional<caf::expected<Result>> content_;
};

/// The side that has to answer: whoever lets go of it without, has lost the job.
template <class Result>
class answer_promise {
public:
  explicit answer_promise(std::shared_ptr<answer<Result>> to) : to_(std::move(to)) {}
  answer_promise(const answer_promise&) = delete;
  answer_promise& operator=(const answer_promise&) = delete;
  ~answer_promise() { to_->put(make_error(ec::worker_lost, "its worker ended before it took the job")); }

  void put(caf::expected<Result> result) { to_->put(std::move(result)); }

private:
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
  using make_worker = std::function<caf::actor(caf::actor_system&)>;

  worker_seat() = default;
  worker_seat(const worker_seat&) = delete;
  worker_seat& operator=(const worker_seat&) = delete;
  ~worker_seat() { end_worker(caf::exit_reason::kill); }

  caf::actor worker;
  std::shared_ptr<answer_promise<Result>> open;
  std::uint64_t number = 0;  // of the job that it has or had
  bool renews = false;

  static caf::behavior run(self_pointer self, const make_worker& make) {
    watch(self, [self, make](const caf::actor_addr& who, const caf::error& why) {
      auto& s = self->state;
      if (!s.worker || s.worker.address() != who)
        return;
      s.worker = nullptr;
      s.lose(why);
      if (std::exchange(s.renews, false))
        s.start_worker(self, make);
      else
        self->quit(why);
    });
    // Asked to end, it has its worker end: that end is its own.
    self->set_exit_handler([self](caf::exit_msg& m) { self->state.end_worker(m.reason); });
    self->state.start_worker(self, make);
    return {
        [self](errand<Job, Result>& e) {
          self->state.open = std::move(e.to);
          self->state.number = e.number;
          self->request(self->state.worker, caf::infinite, std::move(e.job))
              .then([self](Result& r) { self->state.finish(std::move(r)); },
                    [self](caf::error& why) { self->state.finish_with(why); });
        },
        // The job of this number is no longer wanted: if it still has that, another worker takes its place.
        [self](leave_tag, std::uint64_t number) {
          auto& s = self->state;
          if (!s.open || s.number != number)
            return;
          s.renews = true;
          s.end_worker(caf::exit_reason::kill);
        },
    };
  }

  void start_worker(self_pointer self, const make_worker& make) {
    worker = make(self->system());
    self->monitor(worker);
  }

  void end_worker(const caf::error& reason) {
    if (worker)
      tell(worker, caf::exit_msg{nullptr, reason});
  }

  void finish(caf::expected<Result> r) {
    if (const auto to = std::exchange(open, nullptr))
      to->put(std::move(r));
  }

  /// A request to a worker that has gone is an error too: but its end tells more.
  void finish_with(const caf::error& e) {
    if (e != caf::sec::request_receiver_down && e.category() != caf::atom("exit"))
      finish(e);
  }

  void lose(const caf::error& why) {
    finish(make_error(ec::worker_lost, why ? "its worker ended: " + describe(why) : "its worker ended"));
  }
};

template <class Job, class Result>
class actor_task {
public:
  explicit actor_task(std::shared_ptr<supervised_seats> at) : at_(std::move(at)) {}

  caf::expected<Result> operator()(const context& ctx, const Job& job) {
    auto seat = at_->places().take(ctx);
    if (!seat)
      return seat.error();
    const auto to = std::make_shared<answer<Result>>();
    caf::anon_send(seat->worker,
                   errand<Job, Result>{job, seat->job, std::make_shared<answer_promise<Result>>(to)});
    auto result = to->wait(ctx, [&] { tell(seat->worker, leave_tag::value, seat->job); });
    at_->places().give_back(*seat);
    // Who was asked to end because of the context has not lost the job.
    if (!result && is(result.error(), ec::worker_lost) && ctx.canceled())
      return ctx.error();
    return result;
  }

private:
  std::shared_ptr<supervised_seats> at_;
};

}  // namespace detail

/// A task for jobs of type `Job`, which must be copyable and, as `Result`, something that CAF takes as a
/// message's content within the process. `make` starts a worker; it is called on a thread that carries
/// messages and must not block; what it throws counts as the end of a worker. The workers end with the task.
template <class Job, class Result, class Make>
auto worker_from_actor(engine& on, Make make, const worker_options& options = {}) {
  const auto start = std::make_shared<std::function<caf::actor(caf::actor_system&)>>(std::move(make));
  std::vector<child_spec> workers;
  for (std::size_t i = 0; i < options.workers; ++i)
    workers.push_back({"worker " + std::to_string(i), policy::child_kind::permanent, options.stop_time,
                       [start](caf::actor_system& s) -> caf::actor {
                         return s.spawn(detail::worker_seat<Job, Result>::run, *start);
                       }});
  return detail::actor_task<Job, Result>{
      std::make_shared<detail::supervised_seats>(on.system(), options.restart, std::move(workers))};
}

}  // namespace weir

namespace caf {

template <class Job, class Result>
struct allowed_unsafe_message_type<weir::detail::errand<Job, Result>> : std::true_type {};

}  // namespace caf
