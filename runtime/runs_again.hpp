#pragma once

#include <weir/actors/lane.hpp>
#include <weir/runtime/invoke.hpp>

#include <caf/expected.hpp>

#include <memory>
#include <utility>

namespace weir::detail {

/// Whether the job of task `F` that has failed as `result` says is to run again; else that becomes what it
/// has failed with in the end.
template <class F, class Job, class Result>
bool runs_again(lane& on, caf::expected<Result>& result) {
  auto why = result.error();
  if (on.repeats(why, repeatable_for<F, Job>))
    return true;
  // Not every result can be assigned.
  std::destroy_at(&result);
  std::construct_at(&result, std::move(why));
  return false;
}

}  // namespace weir::detail
