#pragma once

/// `certs`: makes certificates for nodes.

#include <weir/runtime/launcher/command_line.hpp>

#include <ostream>
#include <string>

namespace weir::config {

/// Says on `out` which files there are now. Returns the exit code; what is wrong goes to `err`, after the
/// `program`; certificates that were made before stay. Blocks on the file system.
[[nodiscard]] int certs_command(const arguments& wanted, const std::string& program, std::ostream& out,
                                std::ostream& err);

}  // namespace weir::config
