#include <weir/runtime/junction.hpp>

#include <utility>

namespace weir::detail {

namespace {

std::vector<refusal> listed(std::optional<refusal> one) {
  std::vector<refusal> all;
  if (one)
    all.push_back(std::move(*one));
  return all;
}

}  // namespace

std::vector<refusal> junction::hand_on(const context& ctx, flow_job job) {
  return how_ == fan_out::broadcast ? to_all(ctx, std::move(job)) : to_one(ctx, std::move(job));
}

std::vector<refusal> junction::to_all(const context& ctx, flow_job job) {
  std::vector<refusal> refused;
  const auto put = [&](std::size_t i, flow_job copy) {
    const auto& within = refused.size() < i ? run_ : ctx;
    if (auto back = to_[i]->put(within, std::move(copy)))
      refused.push_back(std::move(*back));
  };
  for (std::size_t i = 0; i + 1 < to_.size(); ++i)
    put(i, job.copy());
  if (!to_.empty())
    put(to_.size() - 1, std::move(job));
  return refused;
}

std::vector<refusal> junction::to_one(const context& ctx, flow_job job) {
  while (!ctx.canceled()) {
    // Asked before the stages are: what is taken meanwhile has rung since.
    const auto heard = bell_->count();
    auto answered = offer_to_each(job);
    if (answered.taken)
      return {};
    if (answered.decides)
      return listed(answered.decides->put(ctx, std::move(job)));
    if (!answered.later)
      return listed(refusal{std::move(job), std::move(answered.closed)});
    bell_->wait(heard, ctx);
  }
  return listed(refusal{std::move(job), ctx.error()});
}

/// The first stage that has room takes the job.
junction::answer junction::offer_to_each(flow_job& job) {
  for (std::size_t i = 0; i < to_.size(); ++i) {
    const auto now = to_[i]->stage()->stats();
    loads_[i] = {now.used, now.parallelism};
  }
  answer so_far;
  for (const auto i : next_.order(loads_)) {
    auto& door = *to_[i];
    auto offer = door.stage()->offer(std::move(job));
    if (offer) {
      next_.took(i);
      so_far.taken = true;
      return so_far;
    }
    job = std::move(offer.job());
    const auto full = door.stage()->was_full(offer.error());
    if (full && !door.blocks())
      so_far.decides = so_far.decides ? so_far.decides : &door;
    else if (full || is(offer.error(), ec::rate_limited))
      so_far.later = true;
    else
      so_far.closed = offer.error();
  }
  return so_far;
}

}  // namespace weir::detail
