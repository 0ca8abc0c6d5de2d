#pragma once

/// A stage of a flow as a stream, and what travels between the stages.

#include <weir/runtime/flow.hpp>
#include <weir/runtime/flow_account.hpp>
#include <weir/runtime/outlet.hpp>
#include <weir/runtime/stream.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace weir::detail {

/// What a stage hands on: what its task made of the job, or why the job has failed.
struct stage_result {
  record made;
  caf::error failure;
  std::string failed_in;  // the stage's name
  unsigned attempt = 1;
  duration queue_time{};  // in all stages so far
  duration run_time{};
};

/// A job on its way. One that has failed still passes the other stages, untouched, so that it comes out
/// in its place.
struct flow_job {
  std::uint64_t index = 0;
  item from;
  std::unique_ptr<stage_result> before;  // null ahead of the first stage
  item input;                            // of a later stage's task; the first one's is `from`
};

using flow_stage = stream<flow_job, stage_result>;

[[nodiscard]] flow_failure describe_failure(const flow_job& job, const stage_result& failed);

/// A stage whose outcomes go to `next`, waiting while that one is full, or to `out` where it is the last one.
/// Takes the plan's task. Throws std::invalid_argument if the plan's bounds are not valid.
[[nodiscard]] std::shared_ptr<flow_stage> make_flow_stage(engine& on, const context& run, stage_plan& plan,
                                                          std::shared_ptr<flow_stage> next,
                                                          std::shared_ptr<outlet> out,
                                                          std::shared_ptr<flow_account> account);

}  // namespace weir::detail
