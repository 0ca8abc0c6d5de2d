#include <weir/actors/log.hpp>
#include <weir/runtime/seats.hpp>
#include <weir/runtime/short_text.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace weir::detail {

caf::actor worker_source::start(caf::actor_system& system) {
  std::lock_guard guard{mutex_};
  if (!make_)
    return nullptr;
  auto worker = make_(system);
  if (!worker)
    throw std::runtime_error{"no worker was made"};
  return worker;
}

void worker_source::close() {
  make_worker gone;
  std::lock_guard guard{mutex_};
  gone.swap(make_);
}

bool worker_source::abandon(const std::shared_ptr<worker_source>& from, const caf::actor& worker) {
  if (from->abandoned_.fetch_add(1) >= from->abandoned_max_) {
    --from->abandoned_;
    return false;
  }
  log()->warn("worker {} goes on though it was killed, and is left to itself; another one takes its place",
              to_string(worker));
  worker->attach_functor([from] { --from->abandoned_; });
  return true;
}

caf::expected<seats::seat> seats::take(const context& ctx) {
  const auto watch = ctx.on_cancel([this] {
    std::lock_guard guard{mutex_};
    changed_.notify_all();
  });
  std::unique_lock lock{mutex_};
  auto found = all_.end();
  changed_.wait(lock, [&] {
    found = std::find_if(all_.begin(), all_.end(), [](const auto& p) { return p.worker && !p.taken; });
    return found != all_.end() || gave_up_ || ctx.canceled();
  });
  if (ctx.canceled() || gave_up_) {
    lock.unlock();
    auto none = none_left(ctx);
    return none ? none : ctx.error();
  }
  found->taken = true;
  return seat{static_cast<std::size_t>(found - all_.begin()), found->worker, ++last_job_};
}

void seats::give_back(const seat& s) {
  std::lock_guard guard{mutex_};
  auto& p = all_[s.number];
  if (p.worker != s.worker)
    return;
  p.taken = false;
  // Who is woken may give up because of its context, and the next one be the one that is free to take it.
  changed_.notify_all();
}

caf::error seats::none_left(const context& ctx) {
  std::unique_lock lock{mutex_};
  const auto why = gave_up_;
  lock.unlock();
  if (!why)
    return {};
  // A job that cancels the context it was given means the run.
  ctx.cancel({ec::worker_lost, "workers", text_of(*why)});
  return ctx.error();
}

void seats::started(std::size_t number, const caf::actor& worker) {
  std::lock_guard guard{mutex_};
  all_[number] = {worker};
  changed_.notify_all();
}

void seats::ended(std::size_t number) {
  std::lock_guard guard{mutex_};
  all_[number] = {};
}

void seats::gave_up(const caf::error& why) {
  std::lock_guard guard{mutex_};
  if (!gave_up_)
    gave_up_ = why;
  changed_.notify_all();
}

supervised_seats::supervised_seats(caf::actor_system& system, const policy::restart_rule& rule,
                                   std::vector<child_spec> workers, std::shared_ptr<worker_source> source)
    : source_(std::move(source)),
      seats_(std::make_shared<seats>(workers.size())),
      supervisor_(
          supervise(system, rule, std::move(workers),
                    {[s = seats_](std::size_t i, const caf::actor& a) { s->started(i, a); },
                     [s = seats_](std::size_t i, const caf::error&) { s->ended(i); },
                     [s = seats_, rule](const caf::error& why) {
                       s->gave_up(make_error(
                           ec::worker_lost,
                           "more than " + std::to_string(rule.intensity) + " workers ended within " +
                               short_text(rule.period) +
                               " without having had a job (restart.intensity); the last: " + describe(why)));
                     }})) {
  // However it ends: then nobody starts a worker any more.
  supervisor_->attach_functor([s = seats_](const caf::error& why) {
    s->gave_up(make_error(ec::worker_lost, "the supervisor of the workers has ended: " + describe(why)));
  });
}

supervised_seats::~supervised_seats() {
  source_->close();
  tell(supervisor_, stop_tag::value);
}

}  // namespace weir::detail
