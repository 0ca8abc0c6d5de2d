#pragma once

/// Keeps jobs of one key in order at any parallelism: of each key one job at most is past here, queued,
/// running or waiting for another attempt; those behind it wait in the line of their key. So a key with many
/// jobs, with slow ones or with failing ones holds up nobody but itself. A key costs memory only while it has
/// jobs. All calls cost O(log n) of the lines in which jobs wait, and look up the key once.

#include <weir/actors/policy/span.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weir::policy {

template <class Block>
class key_lines {
public:
  using span_type = span<Block>;
  using time_point = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

  /// A job of `key`, admitted at `since`, has come: it is returned if it may go on, else it waits in line.
  [[nodiscard]] std::optional<span_type> arrive(std::uint64_t key, time_point since, span_type job) {
    const auto [at, first] = lines_.try_emplace(key);
    if (first)
      return job;
    auto& line = at->second;
    if (line.empty())
      fronts_.emplace(since, key);
    line.emplace_back(since, std::move(job));
    ++waiting_;
    return std::nullopt;
  }

  /// The job of `key` that was past here has ended, or its thread was written off. Returns the next one,
  /// which may go on now.
  [[nodiscard]] std::optional<span_type> leave(std::uint64_t key) {
    const auto at = lines_.find(key);
    if (at == lines_.end())
      return std::nullopt;
    if (at->second.empty()) {
      lines_.erase(at);
      return std::nullopt;
    }
    return take_front(at);
  }

  /// When the job was admitted that has waited longest; nothing if none waits.
  [[nodiscard]] std::optional<time_point> oldest() const {
    return fronts_.empty() ? std::nullopt : std::optional{fronts_.begin()->first};
  }

  /// Takes that job away. Needs one that waits.
  [[nodiscard]] span_type take_oldest() { return take_front(lines_.find(fronts_.begin()->second)); }

  /// The key in whose line a job waits for which `is_it` says so; costs a look at each.
  template <class Predicate>
  [[nodiscard]] std::optional<std::uint64_t> key_of(Predicate is_it) const {
    for (const auto& [key, line] : lines_)
      for (const auto& [since, job] : line)
        if (is_it(job))
          return key;
    return std::nullopt;
  }

  /// Everything that waits, by age.
  [[nodiscard]] std::vector<span_type> take_all() {
    std::vector<span_type> all;
    while (!fronts_.empty())
      all.push_back(take_oldest());
    return all;
  }

  [[nodiscard]] std::uint64_t waiting() const noexcept { return waiting_; }

private:
  using line_map = std::unordered_map<std::uint64_t, std::deque<std::pair<time_point, span_type>>>;

  span_type take_front(typename line_map::iterator at) {
    auto& line = at->second;
    fronts_.erase({line.front().first, at->first});
    auto job = std::move(line.front().second);
    line.pop_front();
    if (!line.empty())
      fronts_.emplace(line.front().first, at->first);
    --waiting_;
    return job;
  }

  line_map lines_;  // of each key that has a job past here
  std::set<std::pair<time_point, std::uint64_t>> fronts_;
  std::uint64_t waiting_ = 0;
};

}  // namespace weir::policy
