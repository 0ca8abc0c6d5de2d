/// How the work of a station ends: by errors, by a stop, by writing off, at rest.

#include <weir/actors/station.hpp>

#include <algorithm>

namespace weir {

bool station::note_error(lane& l, std::uint64_t i, outcome_kind kind, const caf::error& why) {
  lock_type held{mutex_};
  if (l.state_ != lane::state::busy)
    return false;
  ++l.filed_count(kind);
  l.filed_ = {i, kind};
  if (kind != outcome_kind::failed)
    return true;
  const auto index = l.work_.block->sequence() + i;
  if (!root_)
    root_ = root_error{index, why};
  const auto decision = observe_outcomes();
  if (decision == policy::halt::decision::go_on)
    return true;
  const auto halt = begin_halt(decision, "job " + std::to_string(index) + " failed: " + text_of(why));
  held.unlock();
  act_on_halt(halt);
  return true;
}

policy::halt::decision station::observe_outcomes() {
  if (!halt_.watches())
    return policy::halt::decision::go_on;
  const auto so_far = count_books();
  return halt_.observe(so_far.completed, so_far.failed);
}

/// Under the lock under which the rule decided: no lane takes a job in between.
station::halting station::begin_halt(policy::halt::decision d, const std::string& reason) {
  halting h{d, {ec::canceled, "halt", "rule \"" + to_string(options_.halt) + "\", " + reason}};
  stop_starting(h.why);
  return h;
}

void station::act_on_halt(const halting& h) {
  if (starts_)
    starts_->cancel(h.why);
  if (h.how == policy::halt::decision::stop_now)
    ctx_.cancel(h.why);
  else
    look_for_rest();
}

void station::stop(const cause& why) {
  {
    lock_type held{mutex_};
    stop_starting(why);
    check_rest(held);
  }
  if (starts_)
    starts_->cancel(why);
}

void station::stop_starting(const cause& why) {
  // At rest there is nothing to stop, and the cause would be taken for that of the end.
  if (stopped_by_ || ending_ || rest_told_)
    return;
  const auto error = std::make_shared<const caf::error>(make_error(why.code, to_string(why)));
  door_.close(*error);
  closing_ = true;
  stopped_by_ = why;
  stop_error_ = error;
  // From now on a job that was admitted a moment ago is passed on at once, and ends in `offer`.
  note_hunger();
  for (auto& l : lanes_)
    l->limit_.store(0, std::memory_order_relaxed);
  if (heavy_fence())
    for (auto& l : lanes_)
      cancel_unstarted(*l);
  end_all_unstarted();
}

void station::end_all_unstarted() {
  for (auto& jobs : queue_.take_all())
    end_unstarted(std::move(jobs));
  for (auto& jobs : lines_.take_all())
    end_unstarted(std::move(jobs));
  end_unstarted(door_.take_open());
  for (auto& again : std::exchange(repeats_due_, {}))
    end_unstarted(std::move(again.job), again.attempt - 1);
  for (auto& [id, again] : std::exchange(repeats_waiting_, {})) {
    end_unstarted(std::move(again.job), again.attempt - 1);
    // Not waited for: its call may wait for the lock, or, if it comes to be the last that holds this, for the
    // cancel that has come here.
    again.alarm.take_back();
  }
  backing_off_ = 0;
}

void station::cancel_unstarted(lane& l) {
  if (l.state_ != lane::state::busy)
    return;
  // As in a takeover: what is published may run, those behind it may not.
  const auto at = std::min(l.first_unstarted(), l.work_.last);
  end_unstarted(l.work_.take_back(at));
}

std::vector<straggler> station::abandon() {
  stop(ctx_.why().value_or(cause{ec::canceled, "shutdown", "what still runs is written off"}));
  lock_type held{mutex_};
  std::vector<straggler> names;
  for (auto& l : lanes_)
    if (l->state_ == lane::state::busy || l->state_ == lane::state::canceling)
      names.push_back(write_off(*l));
  check_rest(held);
  return names;
}

straggler station::write_off(lane& l) {
  auto name = name_running(l);
  deliver_passed(l);
  auto rest = std::exchange(l.work_, {});
  const auto begun = std::max(l.claimed_.load(std::memory_order_relaxed), rest.first + 1);
  while (!rest.empty() && rest.first < begun) {
    const auto own = filed_for(l, rest.first);
    end_one(rest.take_front(1), {outcome_kind::canceled, l.attempt_},
            make_error(ec::abandoned, "the job did not stop within the shutdown budget"), true, own);
  }
  end_unstarted(std::move(rest));
  lose(l);
  return name;
}

/// Ends a single job otherwise than by its run. What a thread that is in it makes of it is dropped, unless it
/// was a moment faster: then that counts, as which it was filed, if it was. Returns what counts.
outcome_kind station::end_one(job_span job, const forced_end& how, caf::error why, bool in_use,
                              std::optional<outcome_kind> own) {
  const auto error = std::make_shared<const caf::error>(std::move(why));
  auto kind = how.kind;
  const auto news_of = [&](const caf::error& of) {
    if (observer_)
      untold_.push_back({job, how.attempt, kind, ctx_.time().now(), of});
  };
  if (options_.collected) {
    news_of(*error);
    deliver({std::move(job), how, error, in_use});
  } else {
    if (job.block->end(job.first, job.last, how, error) > 0) {
      door_.release(1);
      news_of(*error);
    } else {
      kind = own.value_or(outcome_kind::completed);
      news_of({});
    }
    dead_.push_back(std::move(job.block));
  }
  ++(kind == outcome_kind::completed ? ended_.completed
     : kind == outcome_kind::failed  ? ended_.failed
                                     : ended_.canceled);
  return kind;
}

std::optional<outcome_kind> station::filed_for(const lane& l, std::uint64_t i) noexcept {
  return l.filed_ && l.filed_->first == i ? std::optional{l.filed_->second} : std::nullopt;
}

void station::wait_for_lost_lanes() const {
  lock_type held{mutex_};
  rest_changed_.wait(held, [this] { return lost_ == 0; });
}

std::vector<straggler> station::running() const {
  lock_type held{mutex_};
  std::vector<straggler> all;
  for (const auto& l : lanes_)
    if (l->state_ == lane::state::busy || l->state_ == lane::state::canceling)
      all.push_back(name_running(*l));
  return all;
}

straggler station::name_running(const lane& l) const {
  const auto since = ctx_.time().now() - l.begun_;
  if (l.state_ == lane::state::canceling)
    return {l.number_, l.late_index_, since, l.late_name_};
  // Past its last job a lane is still busy with handing it over; the job itself may be gone.
  const auto running = l.running_.load(std::memory_order_relaxed);
  const auto ended = running >= l.work_.last;
  const auto at = ended ? l.work_.last - 1 : running;
  return {l.number_, l.work_.block->sequence() + at, since,
          ended ? std::string{} : l.work_.block->name_of(at), ended};
}

bool station::complete() const {
  // Not before: to look at the door disturbs who submits.
  if (!closing_)
    return false;
  const auto at_door = door_.count();
  return at_door.closed && ended_.ended() == at_door.admitted && canceling_ == 0;
}

bool station::at_rest() const {
  lock_type held{mutex_};
  return complete() && all_taken();
}

bool station::all_taken() const {
  return !options_.collected || discarding_ || taken_ == ended_.ended();
}

void station::wait_for_rest() const {
  lock_type held{mutex_};
  rest_changed_.wait(held, [this] { return rest_told_; });
}

void station::on_rest(std::function<void()> hook) {
  lock_type held{mutex_};
  if (rest_told_) {
    held.unlock();
    hook();
    return;
  }
  rest_hook_ = std::move(hook);
}

/// Leaves nothing behind, also of what others have added meanwhile.
void station::bury(lock_type& held) {
  while (!dead_.empty() || !untold_.empty()) {
    auto gone = std::exchange(dead_, {});
    auto told = std::exchange(untold_, {});
    const auto tells = !told.empty();
    telling_ += tells ? 1 : 0;
    held.unlock();
    for (const auto& n : told)
      tell(n);
    told.clear();
    gone.clear();
    held.lock();
    telling_ -= tells ? 1 : 0;
  }
}

void station::check_rest(lock_type& held) {
  bury(held);
  // Who is telling just now looks again afterwards.
  if (!closing_ || ending_ || rest_told_ || telling_ > 0 || !complete())
    return;
  // The one who collects may wait for an end that needs no further outcome.
  if (options_.collected)
    outcome_ready_.notify_all();
  if (!all_taken())
    return;
  // A cancel may still be on its way here, while others have seen it and given up.
  for (const auto* within : {&ctx_, &jobs_ctx_})
    if (!stopped_by_)
      stopped_by_ = within->why();
  if (observer_)
    tell_rest(held);
  rest_told_ = true;
  rest_changed_.notify_all();
  for (const auto& l : lanes_)
    l->wake_.notify_one();
  if (!rest_hook_)
    return;
  const auto hook = std::exchange(rest_hook_, {});
  held.unlock();
  hook();
  held.lock();
}

}  // namespace weir
