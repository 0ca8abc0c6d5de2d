#pragma once

/// Where the jobs of a source or a stage go on: to all stages behind it, or to the one of them that is to
/// have the next. For one thread at a time.

#include <weir/actors/policy/balance.hpp>
#include <weir/runtime/doorbell.hpp>
#include <weir/runtime/flow_door.hpp>

#include <memory>
#include <vector>

namespace weir::detail {

class junction {
public:
  /// `run` is the context of all stages; `bell` is rung by the receivers of these when they have taken
  /// something.
  junction(std::vector<std::shared_ptr<flow_door>> to, fan_out how, context run,
           std::shared_ptr<doorbell> bell)
      : to_(std::move(to)),
        how_(how),
        run_(std::move(run)),
        bell_(std::move(bell)),
        next_(to_.size()),
        loads_(to_.size()) {}

  /// As how many copies a job goes on; 0 where no stage follows.
  [[nodiscard]] unsigned copies() const noexcept {
    return how_ == fan_out::broadcast || to_.empty() ? static_cast<unsigned>(to_.size()) : 1;
  }

  /// Hands the job on, already split into its copies. Blocks until each stage that is to have it has taken
  /// it, or done with it what it does while it is full; with `balance` until any has room, unless one that is
  /// full does not block; or until `ctx` is canceled.
  [[nodiscard]] std::vector<refusal> hand_on(const context& ctx, flow_job job);

private:
  /// What came of offering a job to each stage in turn.
  struct answer {
    bool taken = false;
    bool later = false;            ///< one of them may have room later
    flow_door* decides = nullptr;  ///< the first one that is full and does not block
    caf::error closed = {};        ///< the reason of one which has closed
  };

  [[nodiscard]] std::vector<refusal> to_all(const context& ctx, flow_job job);
  [[nodiscard]] std::vector<refusal> to_one(const context& ctx, flow_job job);
  [[nodiscard]] answer offer_to_each(flow_job& job);

  std::vector<std::shared_ptr<flow_door>> to_;
  fan_out how_;
  context run_;
  std::shared_ptr<doorbell> bell_;
  policy::balance next_;
  std::vector<policy::balance::load> loads_;
};

}  // namespace weir::detail
