#include <weir/actors/policy/shutdown.hpp>
#include <weir/actors/policy/time.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/flow_account.hpp>
#include <weir/runtime/flow_input.hpp>
#include <weir/runtime/flow_output.hpp>
#include <weir/runtime/flow_run.hpp>
#include <weir/runtime/flow_stage.hpp>
#include <weir/runtime/watchdog.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace weir {

namespace {

using detail::flow_account;
using detail::flow_graph;
using detail::flow_input;
using detail::flow_output;
using detail::flow_stage;

context run_context(const context& parent, const std::optional<duration>& deadline) {
  return deadline ? context::with_timeout(parent, *deadline) : context::with_cancel(parent);
}

flow_graph checked_graph(const flow_plan& plan) {
  auto g = detail::graph_of(plan);
  if (const auto problem = detail::check_graph(plan, g))
    throw std::invalid_argument{text_of(problem)};
  return g;
}

/// How many items the sources will give, if all say so.
std::optional<std::uint64_t> total_of(const std::vector<source_plan>& sources) {
  std::uint64_t total = 0;
  for (const auto& s : sources) {
    const auto some = s.source->size_hint();
    if (!some)
      return std::nullopt;
    total += *some;
  }
  return total;
}

}  // namespace

struct flow_run::state {
  state(const context& parent, flow_plan given, flow_control wishes)
      : plan(std::move(given)),
        joined(checked_graph(plan)),
        control(std::move(wishes)),
        trace(detail::flow_trace::begin(parent, plan.name)),
        ctx(run_context(detail::flow_trace::within(trace, parent), plan.deadline)),
        reading(context::with_cancel(ctx)),
        begun(ctx.time().now()),
        total(total_of(plan.sources)),
        out(std::move(plan.sinks), ctx) {}

  void start(engine& on);
  void begin_drain(const cause& why);
  void begin_kill();
  time_point rest_by(time_point now);
  void drive();
  void open();
  void read();
  void drain_stages();
  void fill_in_outcomes();
  [[nodiscard]] bool cut_short() const;
  void summarize();

  flow_plan plan;
  flow_graph joined;
  flow_control control;
  std::shared_ptr<detail::flow_trace> trace;  // null: not traced
  context ctx;
  context reading;  // canceled with the intake
  time_point begun;
  std::optional<std::uint64_t> total;
  flow_output out;
  std::shared_ptr<flow_account> account;
  std::vector<flow_input> inputs;
  detail::flow_stages made;
  std::atomic<std::uint64_t> offered{0};
  std::atomic<bool> sources_ended{false};
  flow_summary summary;  // the driver's until `ended`

  mutable sync::mutex mutex;
  mutable sync::condition_variable changed;
  std::optional<time_point> kill_at;
  bool ended = false;

  std::optional<watchdog> stall_watch;
  // Declared last: they call into this object and must go first.
  timer drain_timer;
  context::subscription on_cancel;
  context::subscription on_intake;
  sync::thread driver;
};

void flow_run::state::start(engine& on) {
  // A thread that was written off may keep the account for ever, so it holds the stages by weak handles.
  auto weak = std::make_shared<std::vector<std::weak_ptr<flow_stage>>>(plan.stages.size());
  account = std::make_shared<flow_account>(
      plan.on_error, control.on_failure,
      [weak, run = ctx, source = reading](policy::halt::decision d, const cause& why) {
        (d == policy::halt::decision::stop_now ? run : source).cancel(why);
        for (const auto& w : *weak)
          if (const auto s = w.lock())
            s->stop(why);
      });
  made = detail::make_flow_stages(on, ctx, plan, joined, out.outlets(), account);
  std::transform(made.doors.begin(), made.doors.end(), weak->begin(),
                 [](const auto& d) { return d->stage(); });
  for (std::size_t i = 0; i < plan.sources.size(); ++i)
    inputs.emplace_back(std::move(plan.sources[i]), std::move(made.sources[i]), trace);
  on_cancel = ctx.on_cancel([this] { begin_kill(); });
  on_intake = control.intake.on_cancel([this] { begin_drain(*control.intake.why()); });
  watchdog::stages watched;
  for (const auto& d : made.doors)
    watched.push_back(d->stage()->share());
  driver = sync::thread{[this] { drive(); }};
  // Last: should the system have only one thread left, it is not for who only looks on.
  stall_watch.emplace(ctx.time(), plan.stall_after, watched, [note = control.stall_note](std::string text) {
    if (note)
      text += '\n' + note();
    watchdog::log_report(text);
  });
}

// -- the way to rest ------------------------------------------------------------------------------

time_point flow_run::state::rest_by(time_point now) {
  std::lock_guard guard{mutex};
  if (!kill_at)
    kill_at = policy::after(now, plan.shutdown_budget);
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
  for (const auto& d : made.doors)
    d->stage()->begin_drain(left);
}

// -- the driver -----------------------------------------------------------------------------------

void flow_run::state::drive() {
  try {
    open();
    read();
  } catch (...) {
    summary.source_error = text_of(make_error(std::current_exception()));
  }
  drain_stages();
  fill_in_outcomes();
  out.finish(cut_short(), [this](time_point now) { return rest_by(now); });
  summarize();
  std::lock_guard guard{mutex};
  ended = true;
  changed.notify_all();
}

void flow_run::state::open() {
  out.open();
  auto written = out.files();
  written.insert(written.end(), plan.own_files.begin(), plan.own_files.end());
  for (auto& input : inputs)
    input.leave_out(written);
}

/// Reads all sources: the first one on this thread, each further one on a thread of its own.
void flow_run::state::read() {
  std::vector<sync::thread> readers;
  for (auto input = inputs.begin() + 1; input < inputs.end(); ++input)
    try {
      readers.emplace_back([this, input] { input->read(reading, offered, *account); });
    } catch (const std::system_error&) {
      input->fail("the system has no thread left to read it");
    }
  inputs.front().read(reading, offered, *account);
  for (auto& reader : readers)
    reader.join();
  sources_ended = std::all_of(inputs.begin(), inputs.end(), [](const flow_input& i) { return i.ended(); });
}

/// Waits for each stage when those before it, and those that redirect to it, are at rest. Each ends when all
/// its outcomes have been handed on; `begin_kill` cuts that short.
void flow_run::state::drain_stages() {
  const auto first = inputs.size();
  for (const auto n : joined.jobs.in_order())
    if (n >= first && n < first + made.doors.size())
      made.doors[n - first]->stage()->drain(duration::max());
  // A stage may have been ended by its own actors, for want of a thread.
  for (const auto& d : made.doors)
    if (const auto why = d->stage()->stopped_by())
      reading.cancel(*why);
}

void flow_run::state::fill_in_outcomes() {
  summary.books.offered = offered.load();
  for (const auto& input : inputs)
    summary.books.rejected += input.rejected();
  summary.books.admitted = summary.books.offered - summary.books.rejected;
  account->close(summary);
}

/// Whether a part of the input has no outcome of its own. What a full stage drops has one: that is its rule.
bool flow_run::state::cut_short() const {
  return !sources_ended || summary.books.rejected > 0 || summary.books.canceled > summary.dropped;
}

void flow_run::state::summarize() {
  summary.flow = plan.name;
  summary.elapsed = ctx.time().now() - begun;
  for (const auto& input : inputs) {
    summary.sources.push_back({input.name(), input.offered()});
    if (input.error())
      summary.source_error = (summary.source_error ? *summary.source_error + "; " : "") +
                             (inputs.size() > 1 ? input.name() + ": " : "") + *input.error();
  }
  for (std::size_t i = 0; i < made.doors.size(); ++i)
    summary.stages.push_back({plan.stages[i].name, plan.stages[i].parallelism,
                              made.doors[i]->stage()->stats().peak_running, made.doors[i]->dropped(),
                              made.doors[i]->redirected()});
  summary.sinks = out.loads();
  summary.sink_error = out.error();
  // A cancel reaches the stages and the sources one after the other, and may be on its way.
  if (cut_short() || out.reader_gone())
    summary.ended_by = reading.why() ? reading.why() : ctx.why();
  summary.halted = summary.ended_by && summary.ended_by->who == "halt";
  if (trace)
    trace->end(summary);
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
  p.total = s.sources_ended ? p.offered : s.total;
  p.completed = s.account->live_completed();
  p.failed = s.account->live_failed();
  p.dropped = s.account->live_dropped();
  for (const auto& door : s.made.doors)
    p.running += door->stage()->stats().running;
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
