#pragma once

#include <cstddef>
#include <string_view>

namespace weir::detail {

/// Throws std::system_error, which names `whom`, if the system has no `n` threads left. An actor system of
/// CAF's waits for ever, or ends the process, when it finds that out halfway. Costs as much as starting them.
void try_threads(std::size_t n, std::string_view whom);

}  // namespace weir::detail
