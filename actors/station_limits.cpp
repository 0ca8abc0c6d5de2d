/// How a station keeps the time limits of its jobs. What has not started in time fails in the queue. An
/// attempt that is late is told so by its context, and fails; its thread keeps slot and lane until it has
/// stopped, or is written off after the grace. The alarms are the control clock's: user code may hold up the
/// other one. What follows from them may run user code, so it is an errand for another thread.

#include <weir/actors/station.hpp>

#include <algorithm>
#include <system_error>
#include <utility>

namespace weir {

namespace {

std::string in_ms(duration d) {
  return std::to_string(std::chrono::ceil<std::chrono::milliseconds>(d).count()) + " ms";
}

}  // namespace

caf::error lane::timeout_error() const {
  return make_error(ec::run_timeout,
                    "the attempt did not end within " + in_ms(*station_.options_.timeouts.run));
}

// -- errands -----------------------------------------------------------------------------------

/// Has `what` done on a thread that user code may hold up; where there is no runner for that, on this one,
/// and the lock is let go of meanwhile. Only while there are open jobs: they keep the runner alive.
void station::run_errand(std::function<void()> what, lock_type& held) {
  errands_.push_back(std::move(what));
  if (std::exchange(on_errand_, true))
    return;
  if (errand_runner_ && !errand_runner_([self = shared_from_this()] { self->run_errands(); }))
    return;
  held.unlock();
  run_errands();
  held.lock();
}

void station::run_errands() {
  lock_type held{mutex_};
  while (!errands_.empty()) {
    const auto next = std::move(errands_.front());
    errands_.pop_front();
    held.unlock();
    next();
    held.lock();
  }
  on_errand_ = false;
}

// -- in the queue ---------------------------------------------------------------------------------

/// Whether there was any.
bool station::expire_queued(lock_type& held) {
  const auto limit = *options_.timeouts.queue;
  for (auto any = false;; any = true) {
    const auto now = ctx_.time().now();
    auto job = stopped_by_ ? std::nullopt : take_oldest(now - limit);
    if (!job)
      return any;
    fail(std::move(*job), {outcome_kind::failed, 0, now},
         make_error(ec::queue_timeout, "no worker was free within " + in_ms(limit)), false, held);
  }
}

void station::arm_queue_alarm() {
  if (!options_.timeouts.queue || queue_alarm_armed_)
    return;
  const auto in_line = lines_.oldest().value_or(time_point::max());
  const auto oldest = queue_.empty() ? in_line : std::min(in_line, queue_.front().block->opened());
  if (oldest == time_point::max())
    return;
  // Its call may be under way, and wait for the lock.
  queue_alarm_.take_back();
  const auto when = oldest + *options_.timeouts.queue;
  try {
    queue_alarm_ = control_clock_for(ctx_.time()).at(when, [self = weak_from_this()] {
      if (const auto at = self.lock())
        at->queue_alarm();
    });
    queue_alarm_armed_ = true;
  } catch (const std::system_error&) {
    // Without a thread that looks at the clock it is found out when a lane comes for work.
  }
}

void station::queue_alarm() {
  lock_type held{mutex_};
  queue_alarm_armed_ = false;
  if (queue_.empty() && !lines_.oldest())
    return;
  run_errand(
      [this] {
        lock_type again{mutex_};
        expire_queued(again);
        arm_queue_alarm();
        check_rest(again);
      },
      held);
}

// -- attempts -------------------------------------------------------------------------------------

void station::limit_attempt(lane& l) {
  const auto when = l.begun_ + *options_.timeouts.run;
  try {
    l.ctx_ = context::with_deadline(jobs_ctx_, when);
    // A job that cancels the context it was given means the run.
    l.on_cancel_ = l.ctx_.on_cancel([this, own = l.ctx_] {
      if (const auto why = own.why(); why->code != ec::deadline_exceeded)
        jobs_ctx_.cancel(*why);
    });
    l.limit_alarm_ = control_clock_for(ctx_.time()).at(when, [self = weak_from_this(), id = l.attempt_id_] {
      if (const auto at = self.lock())
        at->attempt_is_late(id);
    });
  } catch (const std::system_error&) {
    // Without a thread that looks at the clock its context tells it, if at all.
  }
}

/// The context goes with its attempt: the next one must not find itself canceled, and no timer may be left.
void station::end_limit(lane& l) {
  l.limit_alarm_.reset();
  l.on_cancel_.reset();
  l.ctx_ = jobs_ctx_;
}

lane* station::find_attempt(std::uint64_t id) {
  const auto at = std::find_if(lanes_.begin(), lanes_.end(), [id](const auto& l) {
    return l->attempt_id_ == id && (l->state_ == lane::state::busy || l->state_ == lane::state::canceling);
  });
  return at == lanes_.end() ? nullptr : at->get();
}

void station::attempt_is_late(std::uint64_t id) {
  lock_type held{mutex_};
  auto* const l = find_attempt(id);
  if (!l)
    return;
  l->grace_alarm_ = control_clock_for(ctx_.time())
                        .at(ctx_.time().now() + options_.timeouts.grace, [self = weak_from_this(), id] {
                          if (const auto at = self.lock())
                            at->grace_is_over(id);
                        });
  // What is to be tried again has to stop before.
  if (l->tries() < options_.retry.attempts && !stopped_by_)
    return;
  run_errand([this, id] { static_cast<void>(cancel_late(id)); }, held);
}

void station::grace_is_over(std::uint64_t id) {
  lock_type held{mutex_};
  if (!find_attempt(id))
    return;
  run_errand(
      [this, id] {
        auto still = cancel_late(id);
        if (auto* const l = find_attempt(id); l && l->state_ == lane::state::canceling) {
          l->overdue_ = true;
          lose_overdue(still);
        }
      },
      held);
}

/// Returns with the lock held.
station::lock_type station::cancel_late(std::uint64_t id) {
  lock_type held{mutex_};
  if (auto* const l = find_attempt(id); l && l->state_ == lane::state::busy)
    fail_late(*l, held);
  return held;
}

/// The job of a lane has failed; the lane is its until it has stopped.
void station::fail_late(lane& l, lock_type& held) {
  deliver_passed(l);
  // It may have ended a moment ago, or have said how it is about to.
  if (l.work_.empty() || filed_for(l, l.work_.first))
    return;
  auto job = l.work_.take_front(1);
  // Not even its block is kept: the lane may be the last to have it, and goes under the lock.
  if (l.work_.empty())
    l.work_ = {};
  l.late_index_ = job.block->sequence() + job.first;
  l.late_name_ = job.block->name_of(job.first);
  l.state_ = lane::state::canceling;
  // A thread that has not come to its first instruction yet need not begin.
  l.limit_.store(0, std::memory_order_relaxed);
  ++canceling_;
  door_.hold_slot();
  const auto ran = ctx_.time().now() - l.begun_;
  fail(std::move(job), {outcome_kind::failed, l.attempt_, l.begun_, ran}, l.timeout_error(), true, held);
}

void station::fail(job_span job, const forced_end& how, const caf::error& why, bool in_use, lock_type& held) {
  const auto index = job.block->sequence() + job.first;
  if (options_.collected) {
    held.unlock();
    job.block->timed_out(job.first, how.attempt, why);
    held.lock();
  }
  std::optional<halting> halt;
  if (end_one(std::move(job), how, why, in_use, std::nullopt) == outcome_kind::failed) {
    if (!root_)
      root_ = root_error{index, why};
    const auto decision = observe_outcomes();
    if (decision != policy::halt::decision::go_on)
      halt = begin_halt(decision, "job " + std::to_string(index) + " failed: " + text_of(why));
  }
  check_rest(held);
  if (!halt)
    return;
  held.unlock();
  act_on_halt(*halt);
  held.lock();
}

void station::stop_canceling(lane& l) {
  --canceling_;
  door_.release(1);
  l.failed_ = l.canceled_ = 0;
  l.filed_.reset();
  l.repeat_.reset();
  l.overdue_ = false;
  l.work_ = {};
  l.state_ = lane::state::woken;
  --busy_;
  leave_line(std::exchange(l.key_, std::nullopt));
}

// -- lost lanes -----------------------------------------------------------------------------------

void station::lose(lane& l) {
  if (l.state_ == lane::state::canceling) {
    --canceling_;
    door_.release(1);
  }
  l.state_ = lane::state::abandoned;
  --busy_;
  --active_;
  ++abandoned_;
  ++lost_;
  leave_line(std::exchange(l.key_, std::nullopt));
}

void station::lose_overdue(lock_type& held) {
  const auto due = [](const auto& l) { return l->state_ == lane::state::canceling && l->overdue_; };
  while (lost_ < options_.timeouts.abandoned_max) {
    const auto at = std::find_if(lanes_.begin(), lanes_.end(), due);
    if (at == lanes_.end())
      return;
    const auto name = name_running(**at);
    lose(**at);
    held.unlock();
    if (lane_lost_hook_)
      lane_lost_hook_(name);
    held.lock();
    check_rest(held);
  }
}

}  // namespace weir
