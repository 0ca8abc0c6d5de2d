#include <weir/runtime/flow_stage.hpp>

#include <chrono>
#include <utility>

namespace weir::detail {

namespace {

double seconds(duration d) {
  return std::chrono::duration<double>(d).count();
}

/// A stage's task as its lanes run it.
class stage_task {
public:
  using hears_of_failures = void;

  stage_task(std::string name, task_function task, bool last, std::shared_ptr<flow_account> account)
      : name_(std::move(name)), task_(std::move(task)), last_(last), account_(std::move(account)) {}

  caf::expected<stage_result> operator()(const context& ctx, flow_job& job) const {
    if (job.before && job.before->failure)
      return std::move(*job.before);
    auto made = run_task(task_, ctx, job.before ? job.input : job.from);
    if (!made)
      return std::move(made.error());
    if (last_)
      account_->passed();
    stage_result r;
    r.made = std::move(*made);
    return r;
  }

  /// Called on the lane as soon as a job has failed for good.
  void failed(const flow_job& job, const caf::error& why, unsigned attempt) const {
    const auto ran = job.before ? job.before->run_time : duration::zero();
    account_->failed({job.index, job.from.name, name_, text_of(why), attempt, seconds(ran)});
  }

private:
  std::string name_;
  task_function task_;
  bool last_;
  std::shared_ptr<flow_account> account_;
};

/// Counts a job that went no further, for `why`: one that had failed before has still failed.
void count_unfinished(flow_account& account, const flow_job& job, const caf::error& why) {
  if (is(why, ec::abandoned))
    account.count_straggler(job.from.name);
  else if (job.before && job.before->failure)
    account.count_failed(describe_failure(job, *job.before), job.before->run_time);
  else
    account.count_canceled();
}

/// What a stage hands on of an outcome that is not canceled: a failure goes on in the place of its job.
stage_result handed_on(const flow_job& job, outcome<stage_result>& o, const std::string& stage) {
  stage_result r;
  if (o.completed())
    r = std::move(*o.result);
  const auto failed_before = static_cast<bool>(r.failure);
  if (!failed_before) {
    r.attempt = o.attempt;
    if (job.before) {
      r.queue_time = job.before->queue_time;
      r.run_time = job.before->run_time;
    }
  }
  if (!o.completed()) {
    r.failure = std::move(o.result.error());
    r.failed_in = stage;
  }
  r.queue_time += o.queue_time;
  r.run_time += o.run_time;
  return r;
}

/// Hands the outcomes of one stage to the next; waits while that one is full.
class to_stage {
public:
  to_stage(std::string from, std::shared_ptr<flow_stage> next, context ctx,
           std::shared_ptr<flow_account> account)
      : from_(std::move(from)), next_(std::move(next)), ctx_(std::move(ctx)), account_(std::move(account)) {}

  void operator()(flow_job& job, outcome<stage_result>& o) {
    if (o.kind == outcome_kind::canceled) {
      count_unfinished(*account_, job, o.result.error());
      return;
    }
    flow_job next;
    next.index = job.index;
    next.before = std::make_unique<stage_result>(handed_on(job, o, from_));
    next.from = std::move(job.from);
    next.input = {main_value(next.before->made), next.from.name};
    auto on = next_->submit(ctx_, std::move(next));
    if (!on)
      count_unfinished(*account_, on.job(), on.error());
  }

private:
  static value main_value(record& made) {
    return made.fields.empty() ? value{} : std::move(made.fields.front().content);
  }

  std::string from_;
  std::shared_ptr<flow_stage> next_;
  context ctx_;
  std::shared_ptr<flow_account> account_;
};

/// Hands the outcomes of the last stage to the sink.
class to_sink {
public:
  to_sink(std::string from, std::shared_ptr<outlet> out, std::shared_ptr<flow_account> account)
      : from_(std::move(from)), out_(std::move(out)), account_(std::move(account)) {}

  void operator()(flow_job& job, outcome<stage_result>& o) {
    if (o.kind == outcome_kind::canceled) {
      count_unfinished(*account_, job, o.result.error());
      return;
    }
    const auto r = handed_on(job, o, from_);
    const auto queued = seconds(r.queue_time);
    const auto ran = seconds(r.run_time);
    if (r.failure) {
      out_->put(failed_item{job.index, job.from, r.failure, r.attempt, queued, ran});
      account_->count_failed(describe_failure(job, r), r.run_time);
    } else {
      out_->put(completed_item{job.index, job.from, r.made, r.attempt, queued, ran});
      account_->count_completed(r.run_time);
    }
  }

  void pause() { out_->flush(); }

private:
  std::string from_;
  std::shared_ptr<outlet> out_;
  std::shared_ptr<flow_account> account_;
};

stream_options bounds_of(const stage_plan& plan) {
  return {.name = plan.name,
          .parallelism = plan.parallelism,
          .capacity = plan.capacity,
          .order = plan.order,
          .retry = plan.retry};
}

}  // namespace

flow_failure describe_failure(const flow_job& job, const stage_result& failed) {
  return {job.index,      job.from.name,           failed.failed_in, text_of(failed.failure),
          failed.attempt, seconds(failed.run_time)};
}

std::shared_ptr<flow_stage> make_flow_stage(engine& on, const context& run, stage_plan& plan,
                                            std::shared_ptr<flow_stage> next, std::shared_ptr<outlet> out,
                                            std::shared_ptr<flow_account> account) {
  const auto bounds = bounds_of(plan);
  stage_task task{plan.name, std::move(plan.task), !next, account};
  if (next)
    return std::make_shared<flow_stage>(on, std::move(task), bounds,
                                        to_stage{plan.name, std::move(next), run, std::move(account)}, run);
  return std::make_shared<flow_stage>(on, std::move(task), bounds,
                                      to_sink{plan.name, std::move(out), std::move(account)}, run);
}

}  // namespace weir::detail
