#pragma once

/// A stage that runs: its station and the actors that watch it. The part of pool, stream and
/// parallel_map that does not depend on the types of jobs.

#include <weir/actors/station.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/engine.hpp>
#include <weir/runtime/invoke.hpp>
#include <weir/runtime/options.hpp>
#include <weir/runtime/watchdog.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir {

/// How a stage came to rest.
struct shutdown_report {
  policy::books books;                ///< balanced, whatever happened
  std::vector<straggler> stragglers;  ///< jobs that did not stop; their threads were written off

  /// True if every admitted job ran to its own end.
  [[nodiscard]] bool clean() const noexcept { return books.canceled == 0 && stragglers.empty(); }
};

/// All members are thread-safe, except the destructor.
class running_stage {
public:
  /// The options, if they fit a task of type `F`. Throws std::invalid_argument if not.
  template <class F, class Job, class Options>
  static const Options& fit(const Options& options) {
    if (const auto problem = check_repeatable(options.retry, repeatable_for<F, Job>))
      throw std::invalid_argument{options.name + ": " + text_of(problem)};
    return options;
  }

  /// Throws std::invalid_argument if the options are not valid.
  /// `make_delivery` makes the receiver of collected outcomes from the station, or none.
  running_stage(engine& on, const pool_options& options, const context& parent, station_options more,
                const std::function<delivery(station&)>& make_delivery);

  ~running_stage() { finish(); }

  running_stage(const running_stage&) = delete;
  running_stage& operator=(const running_stage&) = delete;

  [[nodiscard]] station& at() noexcept { return *station_; }
  [[nodiscard]] const station& at() const noexcept { return *station_; }
  [[nodiscard]] std::shared_ptr<station> share() const noexcept { return station_; }

  /// No more jobs.
  void close();

  /// Drains, then cancels, then kills, within `budget`. Blocks until rest. Of several calls the
  /// shortest budget counts. Throws `thrown_error` with `ec::deadlock` if it would wait for ever, as in a job
  /// of its own without a budget; then nothing has changed.
  shutdown_report drain(duration budget);

  /// As `drain`, but does not wait.
  void begin_drain(duration budget);

  /// Cancels what is left and waits for rest, at most `shutdown_budget`. Nothing is left to do the
  /// second time.
  void finish();

  /// Cancels everything at once. Does not wait.
  void cancel(std::string why);

  /// `ec::invalid_option`, and then nothing has changed. Does not block.
  [[nodiscard]] caf::error resize(std::size_t parallelism, std::size_t capacity);

  /// Whether collected outcomes go to a receiver by themselves.
  [[nodiscard]] bool delivers() const noexcept { return delivers_; }

  [[nodiscard]] const supervisor_actor& supervisor() const noexcept { return supervisor_; }

private:
  shutdown_report end_within(duration budget);

  const pool_options options_;  // as at the start: the station knows the bounds of now
  sync::mutex resize_mutex_;    // both bounds change together
  std::shared_ptr<station> station_;
  std::shared_ptr<tree_end> end_;
  supervisor_actor supervisor_;
  bool delivers_ = false;
  std::optional<watchdog> watchdog_;
};

}  // namespace weir
