#pragma once

/// What the threads of this process do while nothing is asked of them. A thread that polls is told from
/// one that sleeps only in real time.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include <unistd.h>

namespace weir_test {

/// How often each thread but the caller's has given up its processor by itself so far: each wake-up from a
/// sleep ends in one.
inline std::map<std::string, std::uint64_t> sleeps_of_others() {
  const std::string key = "voluntary_ctxt_switches:";
  std::map<std::string, std::uint64_t> sleeps;
  for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"}) {
    const auto id = task.path().filename().string();
    if (id == std::to_string(::gettid()))
      continue;
    std::ifstream status{task.path() / "status"};
    for (std::string line; std::getline(status, line);)
      if (line.starts_with(key))
        sleeps[id] = std::stoull(line.substr(key.size()));
  }
  return sleeps;
}

/// The processor time that this process has used so far.
inline std::chrono::nanoseconds processor_time() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

/// What happened in `span` of real time.
struct quiet_time {
  static constexpr std::chrono::milliseconds span{100};

  quiet_time() {
    auto before = sleeps_of_others();
    const auto processor_before = processor_time();
    std::this_thread::sleep_for(span);
    processor = processor_time() - processor_before;
    for (const auto& [id, n] : sleeps_of_others())
      // A thread may have the number of one that has ended.
      sleeps += n - std::min(n, before[id]);
  }

  std::uint64_t sleeps = 0;
  std::chrono::nanoseconds processor{};
};

}  // namespace weir_test
