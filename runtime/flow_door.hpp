#pragma once

/// The way into a stage of a flow, and what becomes of a job for which there is no slot. Shared by all who
/// hand jobs on to the stage, and by the doors that redirect to it. Thread-safe.

#include <weir/actors/policy/overflow.hpp>
#include <weir/runtime/flow_job.hpp>
#include <weir/runtime/stream.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace weir::detail {

using flow_stage = stream<flow_job, stage_result>;

/// A copy that a stage did not take, and why: it has closed, or the wait was canceled.
struct refusal {
  flow_job job;
  caf::error why;
};

class flow_door {
public:
  /// `redirects_to` is where `redirect` leads to; null with any other policy.
  flow_door(std::string stage, policy::overflow when_full, std::shared_ptr<flow_door> redirects_to,
            std::shared_ptr<flow_account> account)
      : name_(std::move(stage)),
        when_full_(when_full),
        redirects_to_(std::move(redirects_to)),
        account_(std::move(account)) {}

  /// Where it leads to; to be called once, before the first job.
  void lead_to(std::shared_ptr<flow_stage> stage) { stage_ = std::move(stage); }

  [[nodiscard]] const std::shared_ptr<flow_stage>& stage() const noexcept { return stage_; }

  /// Whether a job waits here while the stage is full.
  [[nodiscard]] bool blocks() const noexcept { return when_full_ == policy::overflow::block; }

  /// Sees a copy through: the stage takes it, or one that it redirects to, or it ends here as `when_full`
  /// says. Blocks while the stage that is to take it is full and blocks, until `ctx` is canceled.
  [[nodiscard]] std::optional<refusal> put(const context& ctx, flow_job job);

  /// Copies that went no further because the stage was full, and those that went to another one.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load() + stage_->look().dropped; }
  [[nodiscard]] std::uint64_t redirected() const noexcept { return redirected_.load(); }

private:
  [[nodiscard]] std::optional<refusal> turn_away(const context& ctx, flow_job job, const caf::error& why);
  void fail(flow_job job, const caf::error& why);

  const std::string name_;
  const policy::overflow when_full_;
  const std::shared_ptr<flow_door> redirects_to_;
  const std::shared_ptr<flow_account> account_;
  std::shared_ptr<flow_stage> stage_;
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> redirected_{0};
};

}  // namespace weir::detail
