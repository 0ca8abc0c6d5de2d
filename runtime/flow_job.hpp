#pragma once

/// What travels between the stages of a flow: copies of jobs, and what the copies of one job have in common.

#include <weir/actors/adaptive_mutex.hpp>
#include <weir/actors/policy/copies.hpp>
#include <weir/runtime/flow_account.hpp>
#include <weir/runtime/record.hpp>
#include <weir/runtime/trace/flow_trace.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace weir::detail {

/// A job: where it comes from and what it comes to. Shared by its copies; thread-safe.
class flow_origin {
public:
  /// `trace` is null where the run is not traced.
  flow_origin(std::uint64_t index, item from, std::shared_ptr<item_trace> trace = nullptr)
      : index_(index), from_(std::move(from)), trace_(std::move(trace)) {}

  [[nodiscard]] std::uint64_t index() const noexcept { return index_; }
  [[nodiscard]] const item& from() const noexcept { return from_; }
  [[nodiscard]] const std::shared_ptr<item_trace>& trace() const noexcept { return trace_; }

  /// One copy goes on as `into`; see policy/copies.hpp. Before any of them does.
  void split(unsigned into, unsigned with_task);

  // -- as a copy ends in a task, on its lane ---------------------------------------------------------

  /// A copy has passed the last task on its way.
  void passed(flow_account& account);

  /// A copy has failed; only the first of them is told.
  void failed(flow_account& account, const flow_failure& f);

  // -- as a copy comes to its end, by the receivers; what the job comes to is counted once -------------

  void end_completed(flow_account& account, duration run_time);
  void end_failed(flow_account& account, const flow_failure& f, const caf::error& why, duration run_time);
  void end_canceled(flow_account& account, const caf::error& why);
  void end_dropped(flow_account& account, const caf::error& why);

  /// A copy is still in its task and was written off; the job is named once.
  void end_abandoned(flow_account& account, const caf::error& why);

private:
  void end(flow_account& account, policy::copies::end how, const caf::error& why, duration run_time);
  void end_trace(outcome_kind kind, const caf::error& why) const;

  const std::uint64_t index_;
  const item from_;
  const std::shared_ptr<item_trace> trace_;
  adaptive_mutex mutex_;
  policy::copies copies_;
  std::unique_ptr<flow_failure> failure_;                       // the first one
  policy::copies::end worst_ = policy::copies::end::completed;  // of the copies that have come to their end
  caf::error why_;                                              // of that one
  duration longest_{};                                          // of the copies that have come to their end
  bool straggles_ = false;
};

/// What a stage hands on: what its task made of the job, or why the job has failed.
struct stage_result {
  record made;
  caf::error failure;
  std::string failed_in;  // the stage's name
  unsigned attempt = 1;
  duration queue_time{};  // in all stages so far
  duration run_time{};
};

/// A copy on its way. One that has failed still passes the other stages, untouched, so that it comes out
/// in its place.
struct flow_job {
  std::shared_ptr<flow_origin> origin;
  std::unique_ptr<stage_result> before;  // null ahead of the first stage
  item input;                            // of a later stage's task; the first one's is the origin's

  [[nodiscard]] bool failed() const noexcept { return before && before->failure; }

  /// Makes it one that has failed in `stage` without an attempt; an empty name: before the first one.
  void fail(caf::error why, std::string stage);

  /// Another copy, as this one is.
  [[nodiscard]] flow_job copy() const {
    return {origin, before ? std::make_unique<stage_result>(*before) : nullptr, input};
  }
};

[[nodiscard]] flow_failure describe_failure(const flow_origin& origin, const stage_result& failed);

/// Ends a copy that goes no further, for `why`, as `how`, canceled or dropped: one that had failed before has
/// still failed.
void end_unfinished(flow_account& account, const flow_job& job, const caf::error& why,
                    policy::copies::end how = policy::copies::end::canceled);

}  // namespace weir::detail
