#include <weir/runtime/engine.hpp>
#include <weir/runtime/flow_run.hpp>
#include <weir/runtime/launcher/console.hpp>
#include <weir/runtime/launcher/launcher.hpp>
#include <weir/runtime/launcher/nodes_text.hpp>
#include <weir/runtime/launcher/own_files.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/launcher/progress_text.hpp>
#include <weir/runtime/launcher/quantity.hpp>
#include <weir/runtime/launcher/run_command.hpp>
#include <weir/runtime/launcher/run_nodes.hpp>
#include <weir/runtime/launcher/signal_watch.hpp>
#include <weir/runtime/launcher/summary_text.hpp>
#include <weir/runtime/sinks/standard_output.hpp>
#include <weir/runtime/trace/tracer.hpp>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir::config {

namespace {

using namespace std::chrono_literals;

constexpr duration status_period = 200ms;
constexpr duration line_period = 10s;
// While a run comes to rest a person wants to know what is still going on.
constexpr duration line_period_at_end = 2s;

bool live(const arguments& wanted) {
  if (wanted.quiet || wanted.progress == progress_rule::never)
    return false;
  return wanted.progress == progress_rule::always || ::isatty(STDERR_FILENO) == 1;
}

bool share_a_terminal(int one, int other) {
  struct stat a {};
  struct stat b {};
  return ::isatty(one) == 1 && ::isatty(other) == 1 && ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 &&
         a.st_rdev == b.st_rdev;
}

/// Shows the progress until the run has ended: as a status line, or as a line now and then; and what its
/// stages do whenever somebody has asked for it.
void watch(const flow_run& run, const std::string& flow, const signal_watch& signals,
           std::atomic<bool>& state_asked, const engine& on, run_nodes& nodes, const arguments& wanted,
           console& out) {
  const auto silent = wanted.quiet || wanted.progress == progress_rule::never;
  rate_meter rate;
  duration last_line{};
  while (!run.wait_for(status_period)) {
    const auto asked = state_asked.exchange(false);
    if (silent && !asked)
      continue;
    const auto p = run.look();
    rate.observe(p.elapsed, p.completed + p.failed + p.dropped);
    const auto there = nodes.look();
    const auto text = progress_text(flow, p, rate.per_second(), nodes.wanted() ? nodes_progress(there) : "",
                                    signals.received() != 0 || (nodes.wanted() && !is_any_there(there)));
    if (!silent)
      if (const auto idle = nodes.idle_workers(there))
        out.line(*idle);
    if (asked)
      out.line(text + '\n' + without_end(on.state_text() + nodes.text()));
    if (silent || asked)
      continue;
    if (out.live()) {
      out.status(text);
    } else if (p.elapsed - last_line >= (signals.received() == 0 ? line_period : line_period_at_end)) {
      out.line(text);
      last_line = p.elapsed;
    }
  }
  out.status({});
}

/// Of what the run is a part, as whoever started this process says.
std::optional<trace_context> trace_of_environment(console& out) {
  const auto* parent = ::getenv("TRACEPARENT");
  const auto* state = ::getenv("TRACESTATE");
  if (!parent)
    return std::nullopt;
  auto at = trace_context::parse(parent, state ? state : "");
  if (!at)
    out.line("TRACEPARENT is " + quoted(parent, 80) +
             ", which is no W3C trace context; the trace begins with this run");
  return at;
}

cause cause_of(int signal) {
  return {ec::canceled, "signal", signal_name(signal)};
}

/// What the first signal does to a run.
struct interrupt {
  bool drains;
  duration budget;

  /// `waits`: nobody is there who could finish anything.
  [[nodiscard]] std::string text(bool waits) const {
    if (!drains)
      return ": canceling";
    return waits ? ": canceling, as no node is there to finish what was admitted"
                 : ": finishing what was admitted, for at most " + to_text(budget);
  }
};

/// 128 + the signal that cut the run short, else the summary's own.
int exit_code_of(const flow_summary& s, int signal) {
  const auto code = exit_code(s);
  return code == 3 && signal != 0 && s.ended_by->who == "signal" ? 128 + signal : code;
}

}  // namespace

int run_command(checked_flow flow, const arguments& wanted) {
  console out{STDERR_FILENO, live(wanted)};
  const logs_to_console logs{out, wanted.quiet};
  std::optional<detail::shared_standard_output> sinks_beside;
  if (out.live() && share_a_terminal(STDOUT_FILENO, STDERR_FILENO))
    sinks_beside.emplace([&](const auto& write) { out.beside(write); });
  const auto intake = context::with_cancel(context::background());
  const auto all = context::with_cancel(context::background());
  const interrupt at_interrupt{flow.on_interrupt == interrupt_rule::drain, flow.plan.shutdown_budget};
  run_nodes nodes{flow};
  std::atomic<bool> state_asked{false};
  const signal_watch signals{
      [&](int number) {
        const auto waits = nodes.all_waits();
        if (!wanted.quiet)
          out.line(signal_name(number) + at_interrupt.text(waits) + "; a second signal ends at once");
        (at_interrupt.drains && !waits ? intake : all).cancel(cause_of(number));
      },
      [&] { state_asked = true; }};
  const auto name = flow.plan.name;
  flow.plan.own_files = files_at(wanted.report);
  for (auto& file : files_at(wanted.trace))
    flow.plan.own_files.push_back(std::move(file));
  auto traced = all;
  std::shared_ptr<tracer> trace;
  if (!wanted.trace.empty()) {
    auto made = tracer::to_file(wanted.trace);
    if (!made) {
      out.line("--trace: " + text_of(made.error()));
      return static_cast<int>(exit_status::bad_usage);
    }
    trace = std::move(*made);
    traced = with_tracer(all, trace, trace_of_environment(out));
  }
  if (nodes.wanted()) {
    if (const auto problem = nodes.open()) {
      out.line("nodes: " + text_of(problem));
      return static_cast<int>(exit_status::bad_usage);
    }
    if (!wanted.quiet)
      out.line("nodes: " + nodes.where());
  }
  const auto several_stages = flow.plan.stages.size() > 1;
  flow_summary summary;
  {
    engine on;
    flow_control control;
    control.intake = intake;
    if (nodes.wanted())
      control.stall_note = [&] { return without_end(nodes.text()); };
    control.on_failure = [&](const flow_failure& f) { out.line(failure_text(f, several_stages)); };
    flow_run run{on, traced, std::move(flow.plan), std::move(control)};
    watch(run, name, signals, state_asked, on, nodes, wanted, out);
    summary = run.wait();
  }
  const auto seen = nodes.close();
  auto code = exit_code_of(summary, signals.received());
  auto text = trouble_text(summary);
  if (!wanted.quiet)
    text += summary_text(summary) + (nodes.wanted() ? nodes_summary(seen) : std::string{});
  if (!wanted.report.empty())
    if (const auto problem = write_report(wanted.report, summary_json(summary, code, seen))) {
      text += "report: " + text_of(problem) + '\n';
      code = code == 0 ? static_cast<int>(exit_status::failed) : code;
    }
  if (const auto problem = trace ? trace->finish() : caf::error{}) {
    text += "trace: " + text_of(problem) + '\n';
    code = code == 0 ? static_cast<int>(exit_status::failed) : code;
  }
  if (!text.empty())
    out.line(without_end(std::move(text)));
  return code;
}

}  // namespace weir::config
