#pragma once

#include <spdlog/logger.h>

#include <memory>

namespace weir {

/// Where the library logs: the application's spdlog logger named "weir", if it has registered one, else
/// standard error. Standard output is the application's. Takes a lock; for what is rare.
[[nodiscard]] std::shared_ptr<spdlog::logger> log();

}  // namespace weir
