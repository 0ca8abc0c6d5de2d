#include <weir/actors/log.hpp>
#include <weir/runtime/seats.hpp>

#include <algorithm>

namespace weir::detail {

void log_abandoned_worker() {
  log()->warn("a worker goes on though it was killed, and is left to itself; another one takes its place");
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
    const auto why = gave_up_;
    lock.unlock();
    // A job that cancels the context it was given means the run.
    if (why)
      ctx.cancel({ec::worker_lost, "workers", "too many restarts: " + text_of(*why)});
    return ctx.error();
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
  changed_.notify_one();
}

void seats::started(std::size_t number, const caf::actor& worker) {
  std::lock_guard guard{mutex_};
  all_[number] = {worker};
  changed_.notify_one();
}

void seats::ended(std::size_t number) {
  std::lock_guard guard{mutex_};
  all_[number] = {};
}

void seats::gave_up(const caf::error& why) {
  std::lock_guard guard{mutex_};
  gave_up_ = why;
  changed_.notify_all();
}

supervised_seats::supervised_seats(caf::actor_system& system, const policy::restart_rule& rule,
                                   std::vector<child_spec> workers)
    : seats_(std::make_shared<seats>(workers.size())),
      supervisor_(supervise(system, rule, std::move(workers),
                            {[s = seats_](std::size_t i, const caf::actor& a) { s->started(i, a); },
                             [s = seats_](std::size_t i, const caf::error&) { s->ended(i); },
                             [s = seats_](const caf::error& why) { s->gave_up(why); }})) {}

supervised_seats::~supervised_seats() {
  tell(supervisor_, stop_tag::value);
}

}  // namespace weir::detail
