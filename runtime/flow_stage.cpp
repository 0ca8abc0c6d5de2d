#include <weir/runtime/flow_stage.hpp>
#include <weir/runtime/trace/stage_trace.hpp>

#include <chrono>
#include <optional>
#include <ranges>
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

  /// `last`: only sinks follow.
  stage_task(std::string name, bool last, std::shared_ptr<flow_account> account)
      : name_(std::move(name)), last_(last), account_(std::move(account)) {}

  [[nodiscard]] bool may_start() const { return account_->lets_start(); }

  [[nodiscard]] std::string name_of(const flow_job& job) const { return job.origin->from().name; }

  /// Called on the lane as soon as a job has failed for good.
  void failed(const flow_job& job, const caf::error& why, unsigned attempt) const {
    const auto ran = job.before ? job.before->run_time : duration::zero();
    job.origin->failed(*account_, {job.origin->index(), job.origin->from().name, name_, text_of(why), attempt,
                                   seconds(ran)});
  }

  /// What is to be done of a job that has not failed, by the attempt of this thread.
  [[nodiscard]] static const item& input_of(const flow_job& job) {
    if (const auto& trace = job.origin->trace())
      trace->runs();
    return job.before ? job.input : job.origin->from();
  }

  [[nodiscard]] caf::expected<stage_result> result_of(const flow_job& job, caf::expected<record> made) const {
    if (!made)
      return std::move(made.error());
    if (last_ && !lane::current()->overran())
      job.origin->passed(*account_);
    stage_result r;
    r.made = std::move(*made);
    return r;
  }

  /// One that has failed before has nothing done.
  [[nodiscard]] static stage_result as_it_failed(const flow_job& job) {
    discard_attempt();
    return *job.before;
  }

private:
  std::string name_;
  bool last_;
  std::shared_ptr<flow_account> account_;
};

/// One that is done here, job by job.
class own_stage_task : public stage_task {
public:
  own_stage_task(stage_task stage, task_function task)
      : stage_task(std::move(stage)), task_(std::move(task)) {}

  caf::expected<stage_result> operator()(const context& ctx, flow_job& job) const {
    return job.failed() ? as_it_failed(job) : result_of(job, run_task(task_, ctx, input_of(job)));
  }

private:
  task_function task_;
};

/// One whose jobs go elsewhere, several together.
class sent_stage_task : public stage_task {
public:
  sent_stage_task(stage_task stage, batch_function elsewhere)
      : stage_task(std::move(stage)), elsewhere_(std::move(elsewhere)) {}

  class batch {
  public:
    batch(const stage_task& stage, std::unique_ptr<item_batch> of) : stage_(&stage), of_(std::move(of)) {}

    [[nodiscard]] std::uint64_t limit() const noexcept { return of_->limit(); }
    [[nodiscard]] bool add(const flow_job& job) {
      jobs_.push_back(&job);
      return job.failed() || of_->add(input_of(job));
    }
    void run() { of_->run(); }
    [[nodiscard]] caf::expected<stage_result> next() {
      const auto& job = *jobs_[next_++];
      return job.failed() ? as_it_failed(job) : stage_->result_of(job, of_->next());
    }
    [[nodiscard]] std::optional<duration> busy() const { return of_->busy(); }
    [[nodiscard]] const std::string& place() const { return of_->place(); }

  private:
    const stage_task* stage_;
    std::unique_ptr<item_batch> of_;
    std::vector<const flow_job*> jobs_;
    std::size_t next_ = 0;
  };

  [[nodiscard]] static bool does_alone(const flow_job& job) { return job.failed(); }

  caf::expected<batch> begin_batch(const context& ctx, const batch_wish& wish) const {
    auto begun = elsewhere_(ctx, wish);
    if (!begun)
      return std::move(begun.error());
    return batch{*this, std::move(*begun)};
  }

  caf::expected<stage_result> operator()(const context& ctx, flow_job& job) const {
    return job.failed() ? as_it_failed(job) : run_alone(*this, ctx, job);
  }

private:
  batch_function elsewhere_;
};

/// One whose jobs of one key run one after the other, and so each for itself.
template <class Task>
class keyed_stage_task {
public:
  using hears_of_failures = void;

  keyed_stage_task(Task task, flow_key key) : task_(std::move(task)), key_(std::move(key)) {}

  [[nodiscard]] bool may_start() const { return task_.may_start(); }
  caf::expected<stage_result> operator()(const context& ctx, flow_job& job) const { return task_(ctx, job); }
  [[nodiscard]] std::string name_of(const flow_job& job) const { return task_.name_of(job); }
  void failed(const flow_job& job, const caf::error& why, unsigned attempt) const {
    task_.failed(job, why, attempt);
  }

  [[nodiscard]] std::uint64_t key_hash(const flow_job& job) const {
    const auto* made = job.before ? &job.before->made : nullptr;
    return std::hash<std::string>{}(key_.of(job.origin->from(), made));
  }

private:
  Task task_;
  flow_key key_;
};

/// What a stage hands on of an outcome that is not canceled: a failure goes on in the place of its job. What
/// had failed before stays as it was, whatever became of it here.
stage_result handed_on(const flow_job& job, outcome<stage_result>& o, const std::string& stage) {
  if (job.failed())
    return *job.before;
  stage_result r;
  if (o.completed())
    r = std::move(*o.result);
  r.attempt = o.attempt;
  if (job.before) {
    r.queue_time = job.before->queue_time;
    r.run_time = job.before->run_time;
  }
  if (!o.completed()) {
    r.failure = std::move(o.result.error());
    r.failed_in = stage;
  }
  r.queue_time += o.queue_time;
  r.run_time += o.run_time;
  return r;
}

/// The copy for the stages behind; the first field is their input.
flow_job next_job(std::shared_ptr<flow_origin> origin, stage_result r) {
  flow_job next;
  next.before = std::make_unique<stage_result>(std::move(r));
  auto& fields = next.before->made.fields;
  next.input = {fields.empty() ? value{} : std::move(fields.front().content), origin->from().name};
  next.origin = std::move(origin);
  return next;
}

/// Hands the outcomes of one stage to the sinks and stages behind it; waits while they are full and block.
class stage_receiver {
public:
  stage_receiver(std::string name, std::weak_ptr<const flow_door> door, junction stages,
                 std::vector<std::shared_ptr<outlet>> sinks, std::vector<std::shared_ptr<doorbell>> bells,
                 context ctx, std::shared_ptr<flow_account> account)
      : name_(std::move(name)),
        door_(std::move(door)),
        stages_(std::move(stages)),
        sinks_(std::move(sinks)),
        bells_(std::move(bells)),
        ctx_(std::move(ctx)),
        account_(std::move(account)) {}

  void operator()(flow_job& job, outcome<stage_result>& o) {
    ring();  // for the outcome before this one, whose slot is free
    if (o.kind == outcome_kind::canceled) {
      end_unfinished(*account_, job, o.result.error(), how_it_ends(o.result.error()));
      return;
    }
    auto r = handed_on(job, o, name_);
    job.origin->split(stages_.copies() + static_cast<unsigned>(sinks_.size()), stages_.copies());
    for (const auto& to : sinks_)
      put(*to, *job.origin, r);
    if (stages_.copies() == 0)
      return;
    // Not moved: a thread that is late may still be in the job.
    for (const auto& refused : stages_.hand_on(ctx_, next_job(job.origin, std::move(r))))
      end_unfinished(*account_, refused.job, refused.why);
  }

  void pause() {
    ring();
    for (const auto& to : sinks_)
      to->flush();
  }

private:
  [[nodiscard]] policy::copies::end how_it_ends(const caf::error& why) const {
    const auto door = door_.lock();
    return door && door->stage()->was_full(why) ? policy::copies::end::dropped
                                                : policy::copies::end::canceled;
  }

  void put(outlet& to, flow_origin& origin, const stage_result& r) {
    const auto queued = seconds(r.queue_time);
    const auto ran = seconds(r.run_time);
    if (r.failure) {
      to.put(failed_item{origin.index(), origin.from(), r.failure, r.attempt, queued, ran});
      origin.end_failed(*account_, describe_failure(origin, r), r.failure, r.run_time);
    } else {
      to.put(completed_item{origin.index(), origin.from(), r.made, r.attempt, queued, ran});
      origin.end_completed(*account_, r.run_time);
    }
  }

  void ring() {
    for (const auto& bell : bells_)
      bell->ring();
  }

  std::string name_;
  std::weak_ptr<const flow_door> door_;  // which has the stage, and so this
  junction stages_;
  std::vector<std::shared_ptr<outlet>> sinks_;
  std::vector<std::shared_ptr<doorbell>> bells_;  // of those upstreams that balance
  context ctx_;
  std::shared_ptr<flow_account> account_;
};

stream_options bounds_of(const stage_plan& plan) {
  return {.name = plan.name,
          .parallelism = plan.parallelism,
          .capacity = plan.capacity,
          .order = plan.order,
          .retry = plan.retry,
          .timeouts = plan.timeouts,
          // For the stream a redirect is a refusal; the door does the rest.
          .overflow = plan.overflow == policy::overflow::redirect ? policy::overflow::reject : plan.overflow,
          .rate = plan.rate};
}

/// Makes one stage after the other, each when those behind it, and the one it redirects to, are there.
class builder {
public:
  builder(engine& on, const context& run, flow_plan& plan, const flow_graph& joined,
          const std::vector<std::shared_ptr<outlet>>& outlets, const std::shared_ptr<flow_account>& account)
      : on_(on),
        run_(run),
        plan_(plan),
        joined_(joined),
        outlets_(outlets),
        account_(account),
        first_stage_(plan.sources.size()),
        first_sink_(first_stage_ + plan.stages.size()),
        bells_(first_sink_) {
    for (std::size_t n = 0; n < first_sink_; ++n)
      if (how(n) == fan_out::balance)
        bells_[n] = std::make_shared<doorbell>();
  }

  flow_stages make() {
    made_.doors.resize(plan_.stages.size());
    made_.shutdown_budget = plan_.shutdown_budget;
    for (const auto n : joined_.jobs.in_order() | std::views::reverse)
      if (n >= first_stage_ && n < first_sink_)
        made_.doors[n - first_stage_] = make_stage(n);
    for (std::size_t n = 0; n < first_stage_; ++n)
      made_.sources.push_back(stages_behind(n));
    return std::move(made_);
  }

private:
  [[nodiscard]] fan_out how(std::size_t n) const {
    return n < first_stage_ ? plan_.sources[n].fan_out : plan_.stages[n - first_stage_].fan_out;
  }

  [[nodiscard]] junction stages_behind(std::size_t n) const {
    std::vector<std::shared_ptr<flow_door>> to;
    for (const auto down : joined_.outcomes.downstreams(n))
      if (down < first_sink_)
        to.push_back(made_.doors[down - first_stage_]);
    return {std::move(to), how(n), run_, bells_[n]};
  }

  [[nodiscard]] std::shared_ptr<flow_door> make_stage(std::size_t n) {
    auto& plan = plan_.stages[n - first_stage_];
    auto behind = stages_behind(n);
    std::vector<std::shared_ptr<outlet>> sinks;
    for (const auto down : joined_.outcomes.downstreams(n))
      if (down >= first_sink_)
        sinks.push_back(outlets_[down - first_sink_]);
    std::vector<std::shared_ptr<doorbell>> bells;
    for (const auto up : joined_.outcomes.upstreams(n))
      if (bells_[up])
        bells.push_back(bells_[up]);
    auto door = std::make_shared<flow_door>(
        plan.name, plan.overflow, plan.redirect_to ? made_.doors[*plan.redirect_to - first_stage_] : nullptr,
        account_);
    stage_task stage{plan.name, behind.copies() == 0, account_};
    stage_receiver receiver{plan.name,        door, std::move(behind), std::move(sinks),
                            std::move(bells), run_, account_};
    const auto start = [&](auto f) {
      door->lead_to(
          std::make_shared<flow_stage>(on_, std::move(f), bounds_of(plan), std::move(receiver), run_));
    };
    const auto start_keyed_or_not = [&](auto task) {
      if (plan.key)
        start(keyed_stage_task{std::move(task), *plan.key});
      else
        start(std::move(task));
    };
    if (plan.elsewhere)
      start_keyed_or_not(sent_stage_task{std::move(stage), std::move(plan.elsewhere)});
    else
      start_keyed_or_not(own_stage_task{std::move(stage), std::move(plan.task)});
    return door;
  }

  engine& on_;
  const context& run_;
  flow_plan& plan_;
  const flow_graph& joined_;
  const std::vector<std::shared_ptr<outlet>>& outlets_;
  const std::shared_ptr<flow_account>& account_;
  const std::size_t first_stage_;
  const std::size_t first_sink_;
  std::vector<std::shared_ptr<doorbell>> bells_;  // for each source and stage that balances
  flow_stages made_;
};

}  // namespace

flow_stages::~flow_stages() {
  const auto each = [this](auto call) {
    for (const auto& d : doors)
      if (d)
        call(*d->stage());
  };
  // All of them share the budget.
  each([this](flow_stage& s) {
    s.cancel("the flow was given up");
    s.begin_drain(shutdown_budget);
  });
  each([this](flow_stage& s) { s.drain(shutdown_budget); });
}

flow_stages make_flow_stages(engine& on, const context& run, flow_plan& plan, const flow_graph& joined,
                             const std::vector<std::shared_ptr<outlet>>& outlets,
                             const std::shared_ptr<flow_account>& account) {
  return builder{on, run, plan, joined, outlets, account}.make();
}

}  // namespace weir::detail
