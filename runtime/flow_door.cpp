#include <weir/runtime/flow_door.hpp>

#include <utility>

namespace weir::detail {

std::optional<refusal> flow_door::put(const context& ctx, flow_job job) {
  auto offer = stage_->submit(ctx, std::move(job));
  if (offer)
    return std::nullopt;
  if (stage_->was_full(offer.error()))
    return turn_away(ctx, std::move(offer.job()), offer.error());
  if (!is(offer.error(), ec::submit_timeout))
    return refusal{std::move(offer.job()), offer.error()};
  fail(std::move(offer.job()), offer.error());
  return std::nullopt;
}

/// Of a stage that is full and does not block.
std::optional<refusal> flow_door::turn_away(const context& ctx, flow_job job, const caf::error& why) {
  if (when_full_ == policy::overflow::redirect) {
    redirected_.fetch_add(1, std::memory_order_relaxed);
    return redirects_to_->put(ctx, std::move(job));
  }
  if (when_full_ == policy::overflow::reject) {
    fail(std::move(job), why);
    return std::nullopt;
  }
  // With `drop_oldest` there was none that had not been started.
  dropped_.fetch_add(1, std::memory_order_relaxed);
  end_unfinished(*account_, job, why, policy::copies::end::dropped);
  return std::nullopt;
}

/// It has failed in this stage, without having been tried; what had failed before stays what it was.
void flow_door::fail(flow_job job, const caf::error& why) {
  if (!job.failed()) {
    job.fail(why, name_);
    job.origin->failed(*account_, describe_failure(*job.origin, *job.before));
  }
  end_unfinished(*account_, job, why);
}

}  // namespace weir::detail
