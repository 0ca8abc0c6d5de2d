#pragma once

/// The system's refusals as sentences that say how to mend them.

#include <string>

namespace weir::detail {

/// "pipe2: Too many open files; …": the call, the system's reason, and what helps where that is known.
[[nodiscard]] std::string system_error_text(const char* call, int error);

}  // namespace weir::detail
