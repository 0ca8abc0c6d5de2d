#pragma once

/// `graph`: draws a flow that was checked. Nothing of it is opened.

#include <weir/runtime/launcher/command_line.hpp>
#include <weir/runtime/launcher/flow_outline.hpp>

#include <ostream>
#include <string>

namespace weir::config {

/// Writes the graph to `out` or to the file that `wanted` names. Returns the exit code; what is wrong goes to
/// `err`, after the `program`. Blocks on the file system.
[[nodiscard]] int graph_command(const flow_outline& flow, const arguments& wanted, const std::string& program,
                                std::ostream& out, std::ostream& err);

}  // namespace weir::config
