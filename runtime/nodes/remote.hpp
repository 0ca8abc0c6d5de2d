#pragma once

/// A task that nodes do, for a pool, a stream, a map or a stage of a pipeline:
///
///   auto nodes = weir::nodes::coordinator::make(options, "0.0.0.0:4700");
///   weir::pool<image, image> pool{engine, weir::nodes::remote<image, image>(**nodes, {"resize", "1"}),
///                                 {.parallelism = 64}};
///
/// `parallelism` is how many jobs may be under way at once, on all nodes: each node takes what it has room
/// for, and the rest waits here. A job whose node is lost runs again elsewhere (`retry.losses`).

#include <weir/runtime/nodes/codec.hpp>
#include <weir/runtime/nodes/coordinator.hpp>

#include <caf/expected.hpp>

#include <utility>

namespace weir::nodes {

/// `on` must outlive the task. What a node returns has to be of type `Result`.
template <class Job, class Result>
auto remote(coordinator& on, task_name task) {
  return [&on, task = std::move(task)](const context& ctx, const Job& job) -> caf::expected<Result> {
    auto ends = on.call(ctx, task, {}, {codec<Job>::encode(job)});
    if (!ends)
      return std::move(ends.error());
    auto& end = ends->front();
    if (end.why)
      return std::move(end.why);
    return codec<Result>::decode(end.result);
  };
}

}  // namespace weir::nodes
