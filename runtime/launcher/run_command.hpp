#pragma once

/// `weir run`: a checked flow with what a person sees of it, and its exit code.

#include <weir/runtime/launcher/command_line.hpp>
#include <weir/runtime/launcher/flow_file.hpp>

namespace weir::config {

/// Runs the flow to its end on an engine of its own; progress, failures and the summary go to standard
/// error. Blocks. Returns the documented exit code.
[[nodiscard]] int run_command(checked_flow flow, const arguments& wanted);

}  // namespace weir::config
