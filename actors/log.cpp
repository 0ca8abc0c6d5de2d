#include <weir/actors/log.hpp>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace weir {

std::shared_ptr<spdlog::logger> log() {
  if (auto given = spdlog::get("weir"))
    return given;
  static const auto own =
      std::make_shared<spdlog::logger>("weir", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  return own;
}

}  // namespace weir
