#include <weir/runtime/engine.hpp>
#include <weir/runtime/launcher/run_command.hpp>

#include <ostream>

namespace weir::config {

int run_command(checked_flow flow, const arguments& wanted, std::ostream& err) {
  engine on;
  const auto summary = run_flow(on, context::background(), std::move(flow.plan));
  for (const auto& failure : summary.failures)
    err << "failed: " << printable(failure.name) << ": " << printable(failure.text, 1000) << '\n';
  for (const auto* error : {&summary.source_error, &summary.sink_error})
    if (*error)
      err << (error == &summary.source_error ? "source: " : "sink: ") << **error << '\n';
  if (summary.ended_by)
    err << "ended early: " << to_string(*summary.ended_by) << '\n';
  if (!wanted.quiet)
    err << summary.flow << ": " << summary.offered << " offered, " << summary.admitted << " admitted, "
        << summary.completed << " completed, " << summary.failed << " failed, " << summary.canceled
        << " canceled\n";
  err.flush();
  return exit_code(summary);
}

}  // namespace weir::config
