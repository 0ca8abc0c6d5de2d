#include <weir/runtime/junction.hpp>

#include <utility>

namespace weir::detail {

std::vector<junction::refusal> junction::hand_on(const context& ctx, flow_job job) {
  return how_ == fan_out::broadcast ? to_all(ctx, std::move(job)) : to_one(ctx, std::move(job));
}

std::vector<junction::refusal> junction::to_all(const context& ctx, flow_job job) {
  std::vector<refusal> refused;
  for (std::size_t i = 0; i < to_.size(); ++i) {
    const auto& within = refused.size() < i ? run_ : ctx;
    auto on = to_[i]->submit(within, i + 1 < to_.size() ? job.copy() : std::move(job));
    if (!on)
      refused.push_back({std::move(on.job()), on.error()});
  }
  return refused;
}

std::vector<junction::refusal> junction::to_one(const context& ctx, flow_job job) {
  std::vector<refusal> refused;
  while (!ctx.canceled()) {
    // Asked before the stages are: what is taken meanwhile has rung since.
    const auto heard = bell_->count();
    auto why = try_each(job);
    if (!why)
      return refused;
    if (!is(why, ec::overloaded)) {
      refused.push_back({std::move(job), std::move(why)});
      return refused;
    }
    bell_->wait(heard, ctx);
  }
  refused.push_back({std::move(job), ctx.error()});
  return refused;
}

/// Gives the job to the first stage that takes it. `ec::overloaded` if one of them may later.
caf::error junction::try_each(flow_job& job) {
  for (std::size_t i = 0; i < to_.size(); ++i) {
    const auto now = to_[i]->stats();
    loads_[i] = {now.used, now.parallelism};
  }
  caf::error why;
  for (const auto i : next_.order(loads_)) {
    auto on = to_[i]->try_submit(std::move(job));
    if (on) {
      next_.took(i);
      return {};
    }
    job = std::move(on.job());
    if (!is(why, ec::overloaded))
      why = on.error();
  }
  return why;
}

}  // namespace weir::detail
