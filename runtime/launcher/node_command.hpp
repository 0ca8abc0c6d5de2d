#pragma once

/// `node`: does the jobs of a flow elsewhere, until a signal comes.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/command_line.hpp>

#include <ostream>
#include <string>

namespace weir::config {

/// Returns the exit code; what is wrong with the file goes to `err`. The first SIGINT or SIGTERM finishes
/// what the node has, the second one ends the process at once. Blocks.
[[nodiscard]] int node_command(const arguments& wanted, const kinds& known, const std::string& program,
                               std::ostream& err);

}  // namespace weir::config
