#pragma once

/// A task that nodes do, for a pool, a stream, a map or a stage of a pipeline:
///
///   auto nodes = weir::nodes::coordinator::make(options, "0.0.0.0:4700");
///   weir::stream<image, image> stream{engine, weir::nodes::remote<image, image>(**nodes, {"resize", "1"}),
///                                     {.parallelism = 8}, receive};
///
/// `parallelism` is how many calls may be under way at once, on all nodes; two for each worker of theirs keep
/// them busy. A call has one job, or, while they take less than 2 ms together, several. Each node takes what
/// it has room for, and the rest waits here. A job whose node is lost runs again elsewhere (`retry.losses`);
/// one that has failed and is tried again (`retry.attempts`) goes to another node if there is one with room.

#include <weir/actors/context.hpp>
#include <weir/runtime/batch_task.hpp>
#include <weir/runtime/nodes/call.hpp>
#include <weir/runtime/nodes/codec.hpp>
#include <weir/runtime/nodes/coordinator.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace weir::nodes {

template <class Job, class Result>
class remote_task {
public:
  /// Of nodes that have it in another shape none does it.
  remote_task(coordinator& on, task_name task) : on_(&on), task_(std::move(task)) {
    task_.shape = shape_of<Job, Result>();
  }

  class batch {
  public:
    explicit batch(call c) : call_(std::move(c)) {}

    [[nodiscard]] std::uint64_t limit() const noexcept { return call_.limit(); }
    [[nodiscard]] bool add(const Job& job) {
      return call_.add([&](std::string& out) { codec<Job>::encode(job, out); });
    }
    void run() noexcept { call_.run(); }
    [[nodiscard]] caf::expected<Result> next() {
      caf::error why;
      const auto text = call_.next(why);
      if (!text)
        return why;
      return codec<Result>::decode(*text);
    }
    [[nodiscard]] std::optional<duration> busy() const noexcept { return call_.busy(); }
    [[nodiscard]] const std::string& place() const noexcept { return call_.place(); }

  private:
    call call_;
  };

  caf::expected<batch> begin_batch(const context& ctx, const batch_wish& wish) const {
    auto begun = call::begin(*on_, ctx, task_, {}, wish);
    if (!begun)
      return std::move(begun.error());
    return batch{std::move(*begun)};
  }

  caf::expected<Result> operator()(const context& ctx, const Job& job) const {
    return weir::detail::run_alone(*this, ctx, job);
  }

private:
  coordinator* on_;
  task_name task_;
};

/// `on` must outlive the task. Only nodes that have it for jobs of the shape of `Job`, with results of that
/// of `Result`, do it; these are put in the place of `task.shape`.
template <class Job, class Result>
remote_task<Job, Result> remote(coordinator& on, task_name task) {
  return {on, std::move(task)};
}

}  // namespace weir::nodes
