#pragma once

/// Looks at the stages of a run from time to time and reports those that make no progress: what they hold,
/// which jobs run for how long, and what they wait for. A stage without jobs is no reason for a report, nor
/// is a job that takes its time, unless that is more than the limit; see policy/stall.hpp.

#include <weir/actors/clock.hpp>
#include <weir/actors/policy/stall.hpp>
#include <weir/actors/station.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

class watchdog {
public:
  using stages = std::vector<std::weak_ptr<const station>>;
  using report_function = std::function<void(const std::string&)>;

  /// Watches until its end. `limit` is how long nothing may begin or end while there are jobs; none: as long
  /// as somebody is at work. `report` gets several lines, once for each time that stages stop to move, on a
  /// thread of the clock's; by default they are logged as a warning. Where the system has no thread for the
  /// clock, nothing is watched.
  watchdog(clock& time, std::optional<duration> limit, const stages& watched,
           report_function report = log_report);
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

  static void log_report(const std::string& text);

private:
  struct state;

  std::shared_ptr<state> state_;
};

}  // namespace weir
