#pragma once

/// The part of a pipeline's run that does not depend on the types of its items: its stages, its failures, its
/// way to rest.

#include <weir/actors/context.hpp>
#include <weir/actors/policy/books.hpp>
#include <weir/actors/policy/halt.hpp>
#include <weir/actors/protocol.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/halt_gate.hpp>
#include <weir/runtime/trace/trace_span.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

struct pipeline_options {
  /// When the run ends early because of failures.
  policy::halt_rule on_error = policy::fail_fast;
  /// How long a run that is canceled waits for jobs that do not stop, before it writes off their threads.
  duration shutdown_budget = std::chrono::seconds{10};

  [[nodiscard]] caf::error validate() const;
};

/// An item that failed in a stage, or a call of the sink that did.
struct pipeline_failure {
  std::uint64_t index = 0;  ///< of the source's item that it comes from, from 0
  std::string stage;        ///< empty: the sink
  caf::error why;
  unsigned attempt = 1;
};

/// What a run came to.
struct pipeline_summary {
  static constexpr std::size_t failures_kept_max = 1000;

  struct stage {
    std::string name;
    policy::books books;  ///< balanced, whatever happened
    std::uint64_t peak_running = 0;
    std::uint64_t retries = 0;
    std::uint64_t dropped =
        0;  ///< items that ended here for want of room; those admitted before count as canceled
  };

  std::uint64_t read = 0;       ///< items that the source gave
  std::uint64_t delivered = 0;  ///< items that the sink took; with branches, those of each sink
  std::uint64_t failed = 0;
  std::vector<pipeline_failure> failures;  ///< the first `failures_kept_max` of them, in time
  std::vector<stage> stages;               ///< from the source to the sink, branch by branch
  std::optional<cause> ended_by;  ///< why it ended early: a cancel, a deadline, the rule, a thread that lacks
  duration elapsed{};

  /// True if every item has passed every stage and the sink, but for those that a filter or a full stage has
  /// dropped.
  [[nodiscard]] bool clean() const noexcept { return failed == 0 && !ended_by; }

  /// The first failure, or why it ended early; no error if it is clean.
  [[nodiscard]] caf::error error() const;
};

namespace detail {

/// A part of a pipeline for who does not know its types.
class pipeline_link {
public:
  virtual ~pipeline_link() = default;
  /// Waits until all that came in has been handed on; nothing comes in any more.
  virtual void drain() = 0;
  /// Starts nothing more.
  virtual void stop(const cause& why) = 0;
  /// Ends what still runs within `budget`.
  virtual void kill(duration budget) = 0;
  [[nodiscard]] virtual std::optional<cause> stopped_by() const = 0;
  /// Nothing for what is no stage.
  [[nodiscard]] virtual std::optional<pipeline_summary::stage> summary() const = 0;
};

/// Shared by the run, its stages' receivers and who was written off.
class pipeline_run {
public:
  /// Throws std::invalid_argument if the options are not valid.
  pipeline_run(const context& parent, const pipeline_options& options);

  /// Of the stages; canceled, the run ends.
  [[nodiscard]] const context& ctx() const noexcept { return ctx_; }
  /// Of the source: canceled, it is read no more.
  [[nodiscard]] const context& reading() const noexcept { return reading_; }

  /// From the sink to the source, before the first item.
  void add(std::shared_ptr<pipeline_link> next) { links_.push_back(std::move(next)); }

  /// As `halt_gate`'s.
  [[nodiscard]] bool lets_start() const { return halt_.lets_start(); }

  /// Counts an item that failed. Thread-safe.
  void failed(const pipeline_failure& f);

  /// False once the run is over: who was written off must not call the sink any more. Thread-safe.
  [[nodiscard]] bool enter_sink();
  /// Counts an item that the sink took. Thread-safe.
  void count_delivered();

  [[nodiscard]] duration shutdown_budget() const noexcept { return options_.shutdown_budget; }

  /// Waits until all that was admitted has passed, or, after a cancel, at most `shutdown_budget`.
  pipeline_summary finish(std::uint64_t read);

  /// Lets the stages go when all are at rest. They know this run, so that it would keep itself. On the thread
  /// that runs the pipeline.
  void clear();

private:
  void end_stages(policy::halt::decision d, const cause& why);

  const pipeline_options options_;
  // Of the thread that runs the pipeline: what its stages start in is a part of it.
  std::optional<trace_span> trace_;
  context ctx_;
  context reading_;
  time_point begun_;
  std::vector<std::shared_ptr<pipeline_link>> links_;

  halt_gate halt_;
  mutable sync::mutex mutex_;
  pipeline_summary sum_;
  // Without the lock, as they are looked at for each item.
  std::atomic<bool> over_{false};
  std::atomic<std::uint64_t> delivered_{0};
};

}  // namespace detail

}  // namespace weir
