#pragma once

/// What the families of jobs that wait behind held workers share, and their entries.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <latch>
#include <stdexcept>
#include <string>

namespace bench {

inline constexpr std::size_t workers = 2;

inline void require(bool holds, const char* what) {
  if (!holds)
    throw std::runtime_error{what};
}

/// Holds whoever comes until it opens, and counts who has passed.
class gate {
public:
  void pass() {
    open_.wait();
    passed_.fetch_add(1, std::memory_order_relaxed);
  }
  void open() { open_.count_down(); }
  [[nodiscard]] std::size_t passed() const { return passed_; }

private:
  std::latch open_{1};
  std::atomic<std::size_t> passed_{0};
};

using steady = std::chrono::steady_clock;

inline double ns_since(steady::time_point begun) {
  return std::chrono::duration<double, std::nano>(steady::now() - begun).count();
}

/// Family M: what each of 1 Mi waiting jobs of 8 or 64 bytes takes beside those, in bytes.
double memory(const std::string& who, std::size_t bytes);
/// Family R: an offer that is refused, in ns.
double refusal(const std::string& who);
/// Family X: from the cancel of so many jobs until every outcome is there, in ns.
double cancel(const std::string& who, std::size_t jobs);

}  // namespace bench
