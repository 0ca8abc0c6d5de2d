#include <weir/runtime/flow_job.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

namespace weir::detail {

void flow_origin::split(unsigned into, unsigned with_task) {
  std::lock_guard guard{mutex_};
  copies_.split(into, with_task);
}

void flow_origin::passed(flow_account& account) {
  auto last = false;
  {
    std::lock_guard guard{mutex_};
    last = copies_.pass();
  }
  if (last)
    account.passed();
}

void flow_origin::failed(flow_account& account, const flow_failure& f) {
  {
    std::lock_guard guard{mutex_};
    if (!copies_.fail())
      return;
    failure_ = std::make_unique<flow_failure>(f);
  }
  account.failed(f);
}

void flow_origin::end_completed(flow_account& account, duration run_time) {
  end(account, policy::copies::end::completed, {}, run_time);
}

void flow_origin::end_failed(flow_account& account, const flow_failure& f, const caf::error& why,
                             duration run_time) {
  {
    std::lock_guard guard{mutex_};
    // On its lane the time of the first failure was not known yet.
    if (!failure_ || (failure_->stage == f.stage && failure_->text == f.text)) {
      failure_ = std::make_unique<flow_failure>(f);
      why_ = why;
    }
  }
  end(account, policy::copies::end::failed, why, run_time);
}

void flow_origin::end_canceled(flow_account& account, const caf::error& why) {
  end(account, policy::copies::end::canceled, why, {});
}

void flow_origin::end_dropped(flow_account& account, const caf::error& why) {
  end(account, policy::copies::end::dropped, why, {});
}

void flow_origin::end_abandoned(flow_account& account, const caf::error& why) {
  auto named = true;
  {
    std::lock_guard guard{mutex_};
    named = std::exchange(straggles_, true);
  }
  if (!named)
    account.name_straggler(from_.name);
  end_canceled(account, why);
}

void flow_origin::end(flow_account& account, policy::copies::end how, const caf::error& why,
                      duration run_time) {
  std::optional<policy::copies::end> job;
  std::optional<flow_failure> failure;
  caf::error reason;
  duration longest{};
  {
    std::lock_guard guard{mutex_};
    longest = longest_ = std::max(longest_, run_time);
    if (how > worst_) {
      worst_ = how;
      why_ = why;
    }
    reason = why_;
    job = copies_.finish(how);
    if (job == policy::copies::end::failed)
      failure = *failure_;
  }
  if (!job)
    return;
  switch (*job) {
    case policy::copies::end::completed:
      end_trace(outcome_kind::completed, {});
      account.count_completed(longest);
      break;
    case policy::copies::end::failed:
      end_trace(outcome_kind::failed, reason);
      account.count_failed(std::move(*failure), longest);
      break;
    case policy::copies::end::dropped:
      end_trace(outcome_kind::canceled, reason);
      account.count_dropped();
      break;
    case policy::copies::end::canceled:
      end_trace(outcome_kind::canceled, reason);
      account.count_canceled();
      break;
  }
}

void flow_origin::end_trace(outcome_kind kind, const caf::error& why) const {
  if (trace_)
    trace_->ends(kind, why);
}

void flow_job::fail(caf::error why, std::string stage) {
  stage_result r;
  r.failure = std::move(why);
  r.failed_in = std::move(stage);
  r.attempt = 0;
  if (before) {
    r.queue_time = before->queue_time;
    r.run_time = before->run_time;
  }
  before = std::make_unique<stage_result>(std::move(r));
}

flow_failure describe_failure(const flow_origin& origin, const stage_result& failed) {
  return {origin.index(),   origin.from().name,
          failed.failed_in, text_of(failed.failure),
          failed.attempt,   std::chrono::duration<double>(failed.run_time).count()};
}

void end_unfinished(flow_account& account, const flow_job& job, const caf::error& why,
                    policy::copies::end how) {
  auto& origin = *job.origin;
  if (is(why, ec::abandoned))
    origin.end_abandoned(account, why);
  else if (job.failed())
    origin.end_failed(account, describe_failure(origin, *job.before), job.before->failure,
                      job.before->run_time);
  else if (how == policy::copies::end::dropped)
    origin.end_dropped(account, why);
  else
    origin.end_canceled(account, why);
}

}  // namespace weir::detail
