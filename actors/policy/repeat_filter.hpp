#pragma once

/// Which of the texts that come again and again are worth telling: each when it is new, and then once in a
/// period, with how often it came in between. A plain state machine; the time is an argument. Of more texts
/// than it may remember the one that was told the longest ago is forgotten, with its count.

#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace weir::policy {

class repeat_filter {
public:
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

  /// `texts_max`: from 1.
  repeat_filter(duration period, std::size_t texts_max) : period_(period), texts_max_(texts_max) {
    assert(texts_max > 0);
  }

  /// Nothing if `text` is not to be told now; else how often it came since it was told last. Costs a look-up,
  /// and a look at all for one that is new while there are too many.
  [[nodiscard]] std::optional<std::uint64_t> observe(const std::string& text, time_point now);

  /// It was not told after all: it is new when it comes again.
  void forget(const std::string& text) { known_.erase(text); }

private:
  struct memory {
    time_point told;
    std::uint64_t untold = 0;
  };

  void make_room();

  duration period_;
  std::size_t texts_max_;
  std::map<std::string, memory> known_;
};

}  // namespace weir::policy
