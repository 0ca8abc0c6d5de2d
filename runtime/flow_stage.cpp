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
  stage_task(std::string name, task_function task, bool last, std::shared_ptr<flow_account> account)
      : name_(std::move(name)), task_(std::move(task)), last_(last), account_(std::move(account)) {}

  caf::expected<stage_result> operator()(const context& ctx, flow_job& job) const {
    if (job.before && job.before->failure)
      return std::move(*job.before);
    const auto with = [&](const item& input) { return run_task(task_, ctx, input); };
    auto made = job.before ? with({main_value(job.before->made), job.from.name}) : with(job.from);
    if (!made && ctx.explains(made.error()))
      return std::move(made.error());
    return settled(job, std::move(made));
  }

private:
  static value main_value(record& made) {
    return made.fields.empty() ? value{} : std::move(made.fields.front().content);
  }

  stage_result settled(const flow_job& job, caf::expected<record> made) const {
    stage_result r;
    if (job.before) {
      r.queue_time = job.before->queue_time;
      r.run_time = job.before->run_time;
    }
    if (made) {
      r.made = std::move(*made);
      if (last_)
        account_->passed();
      return r;
    }
    r.failure = std::move(made.error());
    r.failed_in = name_;
    account_->failed(describe_failure(job, r));
    return r;
  }

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

stage_result with_times(outcome<stage_result>& o) {
  auto r = std::move(*o.result);
  r.queue_time += o.queue_time;
  r.run_time += o.run_time;
  return r;
}

/// Hands the outcomes of one stage to the next; waits while that one is full.
class to_stage {
public:
  to_stage(std::shared_ptr<flow_stage> next, context ctx, std::shared_ptr<flow_account> account)
      : next_(std::move(next)), ctx_(std::move(ctx)), account_(std::move(account)) {}

  void operator()(flow_job& job, outcome<stage_result>& o) {
    if (!o.completed()) {
      count_unfinished(*account_, job, o.result.error());
      return;
    }
    auto before = std::make_unique<stage_result>(with_times(o));
    auto on = next_->submit(ctx_, {job.index, std::move(job.from), std::move(before)});
    if (!on)
      count_unfinished(*account_, on.job(), on.error());
  }

private:
  std::shared_ptr<flow_stage> next_;
  context ctx_;
  std::shared_ptr<flow_account> account_;
};

/// Hands the outcomes of the last stage to the sink.
class to_sink {
public:
  to_sink(std::shared_ptr<outlet> out, std::shared_ptr<flow_account> account)
      : out_(std::move(out)), account_(std::move(account)) {}

  void operator()(flow_job& job, outcome<stage_result>& o) {
    if (!o.completed()) {
      count_unfinished(*account_, job, o.result.error());
      return;
    }
    const auto r = with_times(o);
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
  std::shared_ptr<outlet> out_;
  std::shared_ptr<flow_account> account_;
};

stream_options bounds_of(const stage_plan& plan) {
  return {.name = plan.name, .parallelism = plan.parallelism, .capacity = plan.capacity, .order = plan.order};
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
                                        to_stage{std::move(next), run, std::move(account)}, run);
  return std::make_shared<flow_stage>(on, std::move(task), bounds,
                                      to_sink{std::move(out), std::move(account)}, run);
}

}  // namespace weir::detail
