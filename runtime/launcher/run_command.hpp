#pragma once

/// `weir run`: a checked flow with what a person sees of it, and its exit code.

#include <weir/runtime/launcher/command_line.hpp>
#include <weir/runtime/launcher/flow_file.hpp>

#include <iosfwd>

namespace weir::config {

/// Runs the flow to its end on an engine of its own. Blocks. Returns the documented exit code.
[[nodiscard]] int run_command(checked_flow flow, const arguments& wanted, std::ostream& err);

}  // namespace weir::config
