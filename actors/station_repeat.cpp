/// How a station runs a job again that has failed. The job keeps its slot and its place in the order; while
/// it waits for its time it holds no lane.

#include <weir/actors/station.hpp>

#include <system_error>

namespace weir {

bool station::plan_repeat(lane& l, const caf::error& why) {
  if (!options_.retry.repeats() || l.ctx_.explains(why))
    return false;
  try {
    if (options_.retry_if && !options_.retry_if(why))
      return false;
  } catch (...) {
    return false;
  }
  lock_type held{mutex_};
  if (l.state_ == lane::state::abandoned || stopped_by_)
    return false;
  const auto wait = retry_.next(l.attempt_, count_books().ended());
  if (!wait)
    return false;
  l.repeat_ = lane::repeat_plan{++repeat_id_, ctx_.time().now() + *wait};
  return true;
}

void station::put_aside(lane& l) {
  // After a stop it ends with all the rest, when this lane comes for work.
  repeats_waiting_.emplace(l.repeat_->id, repeat{l.work_.take_front(1), l.attempt_ + 1});
  // What came with it runs for the first time.
  l.attempt_ = 1;
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
  if (const auto at = repeats_waiting_.find(plan.id); at != repeats_waiting_.end())
    at->second.alarm = std::move(alarm);
}

void station::repeat_now(std::uint64_t id) {
  decltype(repeats_waiting_)::node_type gone;
  lock_type held{mutex_};
  gone = repeats_waiting_.extract(id);
  if (gone.empty())
    return;
  repeats_due_.push_back({std::move(gone.mapped().job), gone.mapped().attempt});
  wake_one();
}

}  // namespace weir
