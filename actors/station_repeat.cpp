/// How a station runs a job again that has failed. The job keeps its slot and its place in the order; while
/// it waits for its time it holds no lane.

#include <weir/actors/station.hpp>

#include <system_error>
#include <utility>

namespace weir {

bool station::plan_repeat(lane& l, caf::error& why) {
  if (jobs_ctx_.explains(why))
    return false;
  if (is(why, ec::worker_lost))
    return plan_repeat_after_loss(l, why);
  if (!options_.retry.repeats())
    return false;
  try {
    if (options_.retry_if && !options_.retry_if(why))
      return false;
  } catch (...) {
    return false;
  }
  lock_type held{mutex_};
  if (l.state_ != lane::state::busy || stopped_by_)
    return false;
  const auto wait = retry_.next(l.tries(), options_.retry.budget ? count_books().ended() : 0);
  if (!wait)
    return false;
  const auto when = ctx_.time().now() + *wait;
  // What can't be tried again in time has failed, and for its own reason.
  if (const auto deadline = ctx_.deadline(); deadline && when >= *deadline)
    return false;
  l.repeat_ = lane::repeat_plan{++repeat_id_, when};
  return true;
}

/// The job is not to blame, and runs again at once; unless it is the one that its workers die of. After a
/// stop it is canceled with the others that were to run.
bool station::plan_repeat_after_loss(lane& l, caf::error& why) {
  lock_type held{mutex_};
  if (l.state_ != lane::state::busy)
    return false;
  auto lost = l.lost_ ? *l.lost_ : std::vector<std::string>{};
  lost.push_back("attempt " + std::to_string(l.attempt_) + ": " + text_of(why));
  if (lost.size() >= options_.retry.losses) {
    std::string text = "it has lost " + std::to_string(lost.size()) + " workers";
    for (std::size_t i = 0; i < lost.size(); ++i)
      text += (i == 0 ? ": " : "; ") + lost[i];
    why = make_error(ec::quarantined, std::move(text));
    return false;
  }
  l.lost_ = std::make_shared<const std::vector<std::string>>(std::move(lost));
  l.repeat_ = lane::repeat_plan{++repeat_id_, ctx_.time().now()};
  return true;
}

void station::put_aside(lane& l) {
  // After a stop it ends with all the rest, when this lane comes for work.
  repeat again{l.work_.take_front(1), l.attempt_ + 1, std::exchange(l.lost_, {})};
  l.key_.reset();
  if (l.repeat_->when <= ctx_.time().now()) {
    repeats_due_.push_back(std::move(again));
    l.repeat_.reset();
    // This lane goes on with what it holds.
    if (!l.work_.empty())
      wake_one();
  } else {
    repeats_waiting_.emplace(l.repeat_->id, std::move(again));
  }
  // What came with it runs for the first time, and is this lane's until it has begun.
  l.attempt_ = 1;
  if (!l.work_.empty())
    l.running_.store(l.work_.first, std::memory_order_relaxed);
}

void station::arm_repeat(const lane::repeat_plan& plan) {
  timer alarm;
  try {
    alarm = ctx_.time().at(plan.when, [self = weak_from_this(), id = plan.id] {
      if (const auto at = self.lock())
        at->repeat_now(id);
    });
  } catch (const std::system_error&) {
    // Without a thread that looks at the clock: early rather than never.
    repeat_now(plan.id);
    return;
  }
  lock_type held{mutex_};
  // It may have been called or canceled already.
  if (const auto at = repeats_waiting_.find(plan.id); at != repeats_waiting_.end()) {
    at->second.alarm = std::move(alarm);
    at->second.armed = true;
    ++backing_off_;
  }
}

void station::repeat_now(std::uint64_t id) {
  decltype(repeats_waiting_)::node_type gone;
  lock_type held{mutex_};
  gone = repeats_waiting_.extract(id);
  if (gone.empty())
    return;
  backing_off_ -= gone.mapped().armed ? 1 : 0;
  auto& again = gone.mapped();
  repeats_due_.push_back({std::move(again.job), again.attempt, std::move(again.lost)});
  wake_one();
}

}  // namespace weir
