#include <weir/actors/caf.hpp>
#include <weir/actors/log.hpp>

namespace weir {

void log_handler_error(const char* actor, const caf::error& e) {
  log()->error("{} ended: {}", actor, describe(e));
}

}  // namespace weir
