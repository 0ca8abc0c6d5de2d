#pragma once

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>
#include <string>

#include "arrivals.hpp"

namespace weir::test {

/// The lines of the log, to be waited for.
class kept_log : public spdlog::sinks::base_sink<std::mutex> {
public:
  std::string next() { return lines_.take(); }
  bool empty() { return lines_.size() == 0; }

private:
  void sink_it_(const spdlog::details::log_msg& m) override {
    lines_.add(std::string{m.payload.data(), m.payload.size()});
  }
  void flush_() override {}

  arrivals<std::string> lines_;
};

/// The log of the test, in place of that of the process.
struct with_log {
  std::shared_ptr<kept_log> lines = std::make_shared<kept_log>();
  std::shared_ptr<spdlog::logger> before = spdlog::get("weir");

  with_log() {
    spdlog::drop("weir");
    spdlog::register_logger(std::make_shared<spdlog::logger>("weir", lines));
  }
  ~with_log() {
    spdlog::drop("weir");
    if (before)
      spdlog::register_logger(before);
  }
  with_log(const with_log&) = delete;
  with_log& operator=(const with_log&) = delete;
};

}  // namespace weir::test
