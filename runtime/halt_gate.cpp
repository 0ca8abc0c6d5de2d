#include <weir/runtime/halt_gate.hpp>

#include <string>

namespace weir::detail {

void halt_gate::observe(std::uint64_t completed, std::uint64_t failed, std::string_view newest) {
  {
    std::lock_guard guard{mutex_};
    if (halt_.watches())
      if (const auto how = halt_.observe(completed, failed); how != policy::halt::decision::go_on) {
        halting_ = {how, {ec::canceled, "halt", "rule \"" + to_string(rule_) + "\": " + std::string{newest}}};
        ended_by_.store(&*halting_, std::memory_order_release);
      }
  }
  static_cast<void>(lets_start());
}

}  // namespace weir::detail
