#include <weir/runtime/engine.hpp>
#include <weir/runtime/flow_run.hpp>
#include <weir/runtime/launcher/console.hpp>
#include <weir/runtime/launcher/launcher.hpp>
#include <weir/runtime/launcher/nodes_text.hpp>
#include <weir/runtime/launcher/own_files.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/launcher/progress_text.hpp>
#include <weir/runtime/launcher/run_command.hpp>
#include <weir/runtime/launcher/signal_watch.hpp>
#include <weir/runtime/launcher/summary_text.hpp>
#include <weir/runtime/trace/tracer.hpp>

#include <atomic>
#include <vector>

#include <stdlib.h>
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

/// Shows the progress until the run has ended: as a status line, or as a line now and then; and what its
/// stages do whenever somebody has asked for it.
void watch(const flow_run& run, const std::string& flow, const signal_watch& signals,
           std::atomic<bool>& state_asked, const engine& on, const nodes::coordinator* nodes,
           const arguments& wanted, console& out) {
  const auto silent = wanted.quiet || wanted.progress == progress_rule::never;
  rate_meter rate;
  duration last_line{};
  while (!run.wait_for(status_period)) {
    const auto asked = state_asked.exchange(false);
    if (silent && !asked)
      continue;
    const auto p = run.look();
    rate.observe(p.elapsed, p.completed + p.failed + p.dropped);
    const auto there = nodes ? nodes->nodes() : std::vector<nodes::node_state>{};
    const auto text =
        progress_text(flow, p, rate.per_second(), nodes ? nodes_progress(there) : std::string{});
    if (asked)
      out.line(text + '\n' + without_end(on.state_text() + (nodes ? nodes_text(there) : std::string{})));
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

/// 128 + the signal that cut the run short, else the summary's own.
int exit_code_of(const flow_summary& s, int signal) {
  const auto code = exit_code(s);
  return code == 3 && signal != 0 && s.ended_by->who == "signal" ? 128 + signal : code;
}

}  // namespace

int run_command(checked_flow flow, const arguments& wanted) {
  console out{STDERR_FILENO, live(wanted)};
  const logs_to_console logs{out, wanted.quiet};
  const auto intake = context::with_cancel(context::background());
  const auto all = context::with_cancel(context::background());
  const auto drains = flow.on_interrupt == interrupt_rule::drain;
  std::atomic<bool> state_asked{false};
  const signal_watch signals{[&](int number) {
                               if (!wanted.quiet)
                                 out.line(std::string{signal_name(number)} +
                                          (drains ? ": finishing what was admitted" : ": canceling") +
                                          "; a second signal ends at once");
                               (drains ? intake : all).cancel(cause_of(number));
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
  if (flow.nodes) {
    auto made = nodes::coordinator::make(flow.nodes->link, flow.nodes->listen);
    if (!made) {
      out.line("nodes: " + text_of(made.error()));
      return static_cast<int>(exit_status::bad_usage);
    }
    *flow.on_nodes = std::move(*made);
    if (!wanted.quiet)
      out.line("nodes: " + flow.nodes->link.name + " waits for nodes at port " +
               std::to_string((*flow.on_nodes)->port()));
  }
  const auto several_stages = flow.plan.stages.size() > 1;
  flow_summary summary;
  {
    engine on;
    flow_control control;
    control.intake = intake;
    control.on_failure = [&](const flow_failure& f) { out.line(failure_text(f, several_stages)); };
    flow_run run{on, traced, std::move(flow.plan), std::move(control)};
    watch(run, name, signals, state_asked, on, flow.nodes ? flow.on_nodes->get() : nullptr, wanted, out);
    summary = run.wait();
  }
  std::vector<nodes::node_state> seen;
  if (flow.nodes) {
    seen = (*flow.on_nodes)->nodes();
    flow.on_nodes->reset();
  }
  auto code = exit_code_of(summary, signals.received());
  auto text = trouble_text(summary);
  if (!wanted.quiet)
    text += summary_text(summary) + (flow.nodes ? nodes_summary(seen) : std::string{});
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
