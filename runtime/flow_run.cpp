#include <weir/actors/policy/shutdown.hpp>
#include <weir/runtime/flow_account.hpp>
#include <weir/runtime/flow_run.hpp>
#include <weir/runtime/flow_stage.hpp>
#include <weir/runtime/outlet.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <thread>
#include <utility>

namespace weir {

namespace {

using detail::flow_account;
using detail::flow_job;
using detail::flow_stage;
using detail::outlet;
using detail::stage_result;

context run_context(const context& parent, const std::optional<duration>& deadline) {
  return deadline ? context::with_timeout(parent, *deadline) : context::with_cancel(parent);
}

/// The sink's last call gets this long even if the shutdown budget has been spent on jobs.
constexpr duration finish_min = std::chrono::milliseconds{200};

}  // namespace

struct flow_run::state {
  state(const context& parent, flow_plan given, flow_control wishes)
      : plan(std::move(given)),
        control(std::move(wishes)),
        ctx(run_context(parent, plan.deadline)),
        reading(context::with_cancel(ctx)),
        begun(ctx.time().now()),
        total(plan.source->size_hint()),
        out(std::make_shared<outlet>(std::move(plan.sink), ctx)) {}

  void start(engine& on);
  void begin_drain(const cause& why);
  void begin_kill();
  time_point rest_by(time_point now);
  void drive();
  void read();
  bool submit(item from);
  void fill_in_outcomes();
  [[nodiscard]] bool cut_short() const;
  bool finish_sink();
  void summarize(bool sink_finished);

  flow_plan plan;
  flow_control control;
  context ctx;
  context reading;  // canceled with the intake
  time_point begun;
  std::optional<std::uint64_t> total;
  std::shared_ptr<outlet> out;
  std::shared_ptr<flow_account> account;
  std::vector<std::shared_ptr<flow_stage>> stages;
  std::atomic<std::uint64_t> offered{0};
  std::atomic<bool> source_ended{false};
  std::uint64_t rejected = 0;
  flow_summary summary;  // the driver's until `ended`

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::optional<time_point> kill_at;
  bool ended = false;

  // Declared last: they call into this object and must go first.
  timer drain_timer;
  context::subscription on_cancel;
  context::subscription on_intake;
  std::thread driver;
};

void flow_run::state::start(engine& on) {
  // A thread that was written off may keep the account for ever, so it holds the stages by weak handles.
  auto weak = std::make_shared<std::vector<std::weak_ptr<flow_stage>>>(plan.stages.size());
  account = std::make_shared<flow_account>(
      plan.on_error, control.on_failure,
      [weak, run = ctx, source = reading](policy::halt::decision d, const cause& why) {
        if (d == policy::halt::decision::stop_now) {
          run.cancel(why);
          return;
        }
        source.cancel(why);
        for (const auto& w : *weak)
          if (const auto s = w.lock())
            s->stop(why);
      });
  // From the sink to the source: each stage needs the one that it hands on to.
  stages.resize(plan.stages.size());
  std::shared_ptr<flow_stage> next;
  for (auto i = stages.size(); i-- > 0;) {
    next = stages[i] = detail::make_flow_stage(on, ctx, plan.stages[i], std::move(next), out, account);
    (*weak)[i] = next;
  }
  on_cancel = ctx.on_cancel([this] { begin_kill(); });
  on_intake = control.intake.on_cancel([this] { begin_drain(*control.intake.why()); });
  driver = std::thread{[this] { drive(); }};
}

// -- the way to rest ------------------------------------------------------------------------------

time_point flow_run::state::rest_by(time_point now) {
  std::lock_guard guard{mutex};
  if (!kill_at)
    kill_at = now + std::min<duration>(plan.shutdown_budget, time_point::max() - now);
  return *kill_at;
}

/// Reads no more; what was admitted has until the cancel phase of the one budget.
void flow_run::state::begin_drain(const cause& why) {
  const auto end = rest_by(ctx.time().now());
  reading.cancel(why);
  try {
    drain_timer = ctx.time().at(end - policy::shutdown::cancel_part(plan.shutdown_budget), [run = ctx] {
      run.cancel({ec::deadline_exceeded, "shutdown", "the time to drain is over"});
    });
  } catch (const std::system_error&) {
    ctx.cancel({ec::deadline_exceeded, "shutdown", "there is no thread to time the drain"});
  }
}

/// What does not stop by itself is written off when the budget is spent.
void flow_run::state::begin_kill() {
  const auto now = ctx.time().now();
  const auto left = std::max(rest_by(now) - now, duration::zero());
  for (const auto& s : stages)
    tell(s->supervisor(), stop_tag::value, left);
}

// -- the driver -----------------------------------------------------------------------------------

void flow_run::state::drive() {
  try {
    out->open();
    auto written = out->files();
    written.insert(written.end(), plan.own_files.begin(), plan.own_files.end());
    plan.source->leave_out(written);
    read();
  } catch (...) {
    summary.source_error = text_of(make_error(std::current_exception()));
  }
  // Each stage ends when all its outcomes have been handed on; `begin_kill` cuts that short.
  for (const auto& s : stages)
    s->drain(duration::max());
  // A stage may have been ended by its own actors, for want of a thread.
  for (const auto& s : stages)
    if (const auto why = s->stopped_by())
      reading.cancel(*why);
  fill_in_outcomes();
  summarize(out->close() && finish_sink());
  std::lock_guard guard{mutex};
  ended = true;
  changed.notify_all();
}

void flow_run::state::read() {
  while (!reading.canceled()) {
    auto next = plan.source->next(reading);
    if (!next) {
      summary.source_error = text_of(next.error());
      return;
    }
    if (!*next) {
      source_ended = !reading.canceled();
      return;
    }
    // Refused: the stage has closed, and the reason is on its way here.
    if (!submit(std::move(**next)))
      return;
  }
}

/// What can't be read is a job that has failed before the first stage.
bool flow_run::state::submit(item from) {
  flow_job job;
  job.index = offered.fetch_add(1);
  std::optional<flow_failure> failure;
  if (from.unreadable) {
    job.before = std::make_unique<stage_result>();
    job.before->failure = std::exchange(from.unreadable, {});
    job.before->attempt = 0;
  }
  job.from = std::move(from);
  if (job.before)
    failure = detail::describe_failure(job, *job.before);
  const auto admitted = static_cast<bool>(stages.front()->submit(reading, std::move(job)));
  if (!admitted)
    ++rejected;
  else if (failure)
    account->failed(*failure);
  return admitted;
}

void flow_run::state::fill_in_outcomes() {
  summary.books.offered = offered.load();
  summary.books.rejected = rejected;
  summary.books.admitted = summary.books.offered - rejected;
  account->close(summary);
}

/// Whether a part of the input has no outcome of its own.
bool flow_run::state::cut_short() const {
  return !source_ended || rejected > 0 || summary.books.canceled > 0;
}

/// Calls the sink for the last time, on a thread of its own: whoever reads the output and has stopped
/// to do so must not keep the run from its end. False if the sink did not return.
bool flow_run::state::finish_sink() {
  struct shared_state {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    bool given_up = false;
  };
  const auto s = std::make_shared<shared_state>();
  const auto early = cut_short();
  std::thread finisher;
  try {
    finisher = std::thread{[s, to = out, early] {
      to->finish(early);
      std::lock_guard guard{s->mutex};
      s->done = true;
      s->changed.notify_all();
    }};
  } catch (const std::system_error&) {
    // Without a thread the output is worth more than a bound on the wait for its reader.
    out->finish(early);
    return true;
  }
  const auto give_up = [s] {
    std::lock_guard guard{s->mutex};
    s->given_up = true;
    s->changed.notify_all();
  };
  timer limit;
  const auto watch = ctx.on_cancel([&] {
    const auto now = ctx.time().now();
    try {
      limit = ctx.time().at(std::max(rest_by(now), now + finish_min), give_up);
    } catch (const std::system_error&) {
      give_up();
    }
  });
  std::unique_lock lock{s->mutex};
  s->changed.wait(lock, [&] { return s->done || s->given_up; });
  if (s->done)
    finisher.join();
  else
    finisher.detach();
  return s->done;
}

void flow_run::state::summarize(bool sink_finished) {
  summary.flow = plan.name;
  summary.elapsed = ctx.time().now() - begun;
  for (std::size_t i = 0; i < stages.size(); ++i)
    summary.stages.push_back(
        {plan.stages[i].name, plan.stages[i].parallelism, stages[i]->stats().peak_running});
  const auto problem = out->problem();
  const auto closed = is(problem, ec::sink_closed);
  if (problem && !closed)
    summary.sink_error = text_of(problem);
  else if (!problem && !sink_finished)
    summary.sink_error = "the output was not taken within the shutdown budget";
  if (cut_short() || closed)
    summary.ended_by = reading.why();
  summary.halted = summary.ended_by && summary.ended_by->who == "halt";
}

// -- the face -------------------------------------------------------------------------------------

flow_run::flow_run(engine& on, const context& ctx, flow_plan plan, flow_control control)
    : state_(std::make_unique<state>(ctx, std::move(plan), std::move(control))) {
  state_->start(on);
}

flow_run::~flow_run() {
  state_->ctx.cancel({ec::canceled, "owner", "the run was given up"});
  if (state_->driver.joinable())
    state_->driver.join();
}

flow_progress flow_run::look() const {
  const auto& s = *state_;
  flow_progress p;
  p.offered = s.offered.load();
  p.total = s.source_ended ? p.offered : s.total;
  p.completed = s.account->live_completed();
  p.failed = s.account->live_failed();
  for (const auto& stage : s.stages)
    p.running += stage->stats().running;
  p.elapsed = s.ctx.time().now() - s.begun;
  return p;
}

bool flow_run::wait_for(duration timeout) const {
  std::unique_lock lock{state_->mutex};
  return state_->changed.wait_for(lock, timeout, [this] { return state_->ended; });
}

flow_summary flow_run::wait() {
  state_->driver.join();
  return std::move(state_->summary);
}

flow_summary run_flow(engine& on, const context& ctx, flow_plan plan, flow_control control) {
  return flow_run{on, ctx, std::move(plan), std::move(control)}.wait();
}

int exit_code(const flow_summary& s) noexcept {
  if (!s.books.balanced())
    return 70;
  if (s.ended_by && !s.halted && s.ended_by->code != ec::io)
    return 3;
  return s.books.failed > 0 || s.source_error || s.sink_error ? 1 : 0;
}

}  // namespace weir
