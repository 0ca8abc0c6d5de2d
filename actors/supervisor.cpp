#include <weir/actors/collector.hpp>
#include <weir/actors/dispatcher.hpp>
#include <weir/actors/log.hpp>
#include <weir/actors/policy/time.hpp>
#include <weir/actors/supervisor.hpp>

#include <algorithm>
#include <iterator>

namespace weir {

namespace {

using self_pointer = supervisor_actor::stateful_pointer<supervisor_state>;

time_point now(self_pointer self) {
  return self->state.plan.stage->ctx().time().now();
}

void quit_if_alone(self_pointer self) {
  if (!self->state.jobs_out && !self->state.outcomes_in)
    self->quit();
}

/// The first step of the end: the dispatcher goes when its workers have. The collector goes when the
/// last outcome has been taken.
void end_tree(self_pointer self) {
  auto& s = self->state;
  if (std::exchange(s.ending, true))
    return;
  if (s.jobs_out) {
    tell(s.jobs_out, done_tag::value);
    if (s.lanes_lost)
      tell(s.jobs_out, leave_tag::value);
  }
  quit_if_alone(self);
}

/// Nothing waits any more for the jobs that still run; they have been named and ended.
void write_off(self_pointer self) {
  auto& s = self->state;
  auto names = s.plan.stage->abandon();
  for (const auto& n : names)
    log()->warn("{}: job {} did not stop within the shutdown budget; the thread of lane {} was written off",
                s.plan.stage->name(), n.index, n.lane);
  s.lanes_lost |= !names.empty();
  s.plan.pool->write_off(names.size());
  std::lock_guard guard{s.plan.end->mutex};
  // A supervisor that was killed may have named some.
  auto& all = s.plan.end->stragglers;
  all.insert(all.end(), std::make_move_iterator(names.begin()), std::make_move_iterator(names.end()));
}

void perform(self_pointer self, policy::shutdown::action what) {
  auto& s = self->state;
  switch (what) {
    case policy::shutdown::action::nothing:
      break;
    case policy::shutdown::action::close:
      s.plan.stage->close(make_error(ec::closed, s.plan.stage->name() + " is shutting down"));
      break;
    case policy::shutdown::action::cancel:
      s.plan.stage->ctx().cancel({ec::deadline_exceeded, "shutdown", "the time to drain is over"});
      break;
    case policy::shutdown::action::abandon:
      write_off(self);
      break;
    case policy::shutdown::action::leave:
      if (s.outcomes_in)
        tell(s.outcomes_in, leave_tag::value);
      end_tree(self);
      break;
    case policy::shutdown::action::finish:
      end_tree(self);
      break;
  }
}

/// Does what is due, and sets the clock for the next phase, which may be due as well.
void advance(self_pointer self) {
  auto& s = self->state;
  perform(self, s.way_down.advance(now(self), s.plan.stage->at_rest()));
  s.phase_timer.reset();
  const auto due = s.way_down.due();
  if (!due || *due == time_point::max())
    return;
  s.phase_timer =
      tell_at(control_clock_for(s.plan.stage->ctx().time()), *due, s.itself, phase_due_tag::value);
}

/// Of the budgets that others have given; not below zero, as the receiver gets its time after that.
duration time_left(self_pointer self) {
  auto& end = *self->state.plan.end;
  std::lock_guard guard{end.mutex};
  if (end.stop_by == time_point::max())
    return duration::max();
  return std::max<duration>(end.stop_by - now(self), duration::zero());
}

void begin_stop(self_pointer self, duration budget) {
  perform(self, self->state.way_down.begin(now(self), budget));
  advance(self);
}

/// A job has not stopped after its time limit and grace: another worker takes the place of its.
void replace_lane(self_pointer self, const straggler& lost) {
  auto& s = self->state;
  log()->warn("{}: job {} did not stop after its time limit; the thread of lane {} was written off",
              s.plan.stage->name(), lost.index, lost.lane);
  s.lanes_lost = true;
  if (!s.jobs_out)
    return;
  // At its end the dispatcher waits for its lanes, and this one may never come.
  if (s.ending)
    tell(s.jobs_out, leave_tag::value);
  else
    tell(s.jobs_out, retry_tag::value);
}

void child_gone(self_pointer self, const caf::actor_addr& who, const caf::error& reason) {
  auto& s = self->state;
  const auto was_dispatcher = s.jobs_out && s.jobs_out.address() == who;
  if (was_dispatcher)
    s.jobs_out = nullptr;
  else
    s.outcomes_in = nullptr;
  if (s.ending) {
    quit_if_alone(self);
    return;
  }
  // A part of the tree is lost: what was admitted still ends, as canceled. Nobody else lets its lanes go.
  if (was_dispatcher) {
    s.plan.stage->ctx().cancel({ec::canceled, "dispatcher", describe(reason)});
    s.plan.stage->retire();
  }
  begin_stop(self, policy::shutdown::cancel_share_max);
}

void start_children(self_pointer self) {
  auto& s = self->state;
  // Before the first worker is there: its first job may be too late at once.
  s.plan.stage->on_lane_lost([pool = s.plan.pool, me = self->address()](const straggler& lost) {
    // Said here, as this actor may have been killed: the threads' end counts on it.
    pool->write_off(1);
    tell_if_alive<supervisor_actor>(me, lane_lost_tag::value, lost);
  });
  // What follows from an alarm of a clock that somebody advances is done when `advance` returns.
  if (&s.plan.stage->ctx().time() == &steady_clock())
    s.plan.stage->run_errands_with([pool = s.plan.pool](std::function<void()> errands) {
      return pool->run([errands = std::move(errands)] {
        errands();
        return false;
      });
    });
  if (s.plan.deliver)
    s.outcomes_in =
        self->spawn<caf::monitored>(collector, s.plan.stage, s.plan.pool, std::move(s.plan.deliver));
  s.jobs_out = self->spawn<caf::monitored>(dispatcher, s.plan.stage, s.plan.pool,
                                           static_cast<std::uint64_t>(s.plan.parallelism));
}

}  // namespace

supervisor_actor::behavior_type supervisor(self_pointer self, tree_plan plan) {
  auto& s = self->state;
  s.plan = std::move(plan);
  s.itself = caf::actor_cast<supervisor_actor>(self);
  watch(self, [self](const caf::actor_addr& who, const caf::error& why) { child_gone(self, who, why); });
  self->set_exit_handler([self](caf::exit_msg& m) {
    self->state.plan.stage->ctx().cancel({ec::canceled, "exit message", describe(m.reason)});
    begin_stop(self, policy::shutdown::cancel_share_max);
  });
  if (!s.plan.inherited)
    start_children(self);
  s.plan.stage->on_rest([me = self->address()] { tell_if_alive<supervisor_actor>(me, at_rest_tag::value); });
  if (s.plan.inherited)
    begin_stop(self, std::min(policy::shutdown::cancel_share_max, time_left(self)));
  return {
      [self](resize_tag, std::uint64_t n) {
        if (self->state.jobs_out)
          tell(self->state.jobs_out, resize_tag::value, n);
      },
      [self](done_tag) { begin_stop(self, duration::max()); },
      [self](cancel_tag, cause& why) { self->state.plan.stage->ctx().cancel(std::move(why)); },
      [self](stop_tag, duration budget) { begin_stop(self, budget); },
      [self](lane_lost_tag, const straggler& lost) { replace_lane(self, lost); },
      [self](at_rest_tag) { begin_stop(self, duration::max()); },
      [self](phase_due_tag) { advance(self); },
  };
}

supervisor_actor start_tree(caf::actor_system& system, tree_plan plan) {
  auto left = plan;
  left.deliver = nullptr;
  left.inherited = true;
  supervisor_actor top;
  {
    // Who asks for an end meanwhile is heard: either by this one, or by what it finds in `stop_by`.
    std::lock_guard guard{left.end->mutex};
    top = system.spawn(supervisor, std::move(plan));
    left.end->top = top.address();
  }
  top->attach_functor([&system, left = std::move(left)](const caf::error& why) {
    const auto& stage = *left.stage;
    // The other actors of the tree have gone with the one who held them; their lanes have not.
    left.stage->retire();
    if (why && !stage.at_rest()) {
      stage.ctx().cancel({ec::canceled, "supervisor", describe(why)});
      static_cast<void>(start_tree(system, left));
      return;
    }
    std::lock_guard guard{left.end->mutex};
    left.end->reached = true;
    left.end->changed.notify_all();
  });
  return top;
}

void stop_tree(const station& stage, tree_end& end, duration budget) {
  const auto now = stage.ctx().time().now();
  caf::actor_addr top;
  {
    std::lock_guard guard{end.mutex};
    end.stop_by = std::min(end.stop_by, policy::after(now, budget));
    top = end.top;
  }
  tell_if_alive<supervisor_actor>(top, stop_tag::value, budget);
}

void wait_for_end(tree_end& end) {
  std::unique_lock lock{end.mutex};
  end.changed.wait(lock, [&] { return end.reached; });
}

bool wait_for_end(tree_end& end, duration at_most) {
  std::unique_lock lock{end.mutex};
  return end.changed.wait_for(lock, at_most, [&] { return end.reached; });
}

}  // namespace weir
