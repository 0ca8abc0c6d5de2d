#include <weir/actors/caf.hpp>

#include <spdlog/spdlog.h>

namespace weir {

void log_handler_error(const char* actor, const caf::error& e) {
  spdlog::error("{} ended: {}", actor, describe(e));
}

}  // namespace weir
