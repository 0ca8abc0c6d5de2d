#pragma once

/// `check`: says of the file of a flow or of a node whether `run` or `node` would take it.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/command_line.hpp>

#include <ostream>

namespace weir::config {

/// Describes on `out` what the file has. Returns the exit code; what is wrong with it goes to `err`. Starts
/// nothing, and reads no other files than those of TLS. Blocks on them.
[[nodiscard]] int check_command(const arguments& wanted, const kinds& known, std::ostream& out,
                                std::ostream& err);

}  // namespace weir::config
