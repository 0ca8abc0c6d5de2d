#pragma once

/// A rule for ending early that several stages share. Once it has said so, no job of theirs starts: each
/// thread that comes by ends the stages before it goes on, as the one that saw it first may be held up.
///
/// Thread-safe. Costs an atomic load for each job; its lock for each outcome that the rule counts.

#include <weir/actors/context.hpp>
#include <weir/actors/policy/halt.hpp>
#include <weir/actors/sync.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace weir::detail {

class halt_gate {
public:
  /// Ends the stages; several threads may, each as often as it likes.
  using end_function = std::function<void(policy::halt::decision, const cause&)>;

  halt_gate(policy::halt_rule rule, end_function end) : rule_(rule), end_(std::move(end)), halt_(rule) {}

  /// Whether `observe` must be told of jobs that complete too: they count, or make up a share.
  [[nodiscard]] bool counts_completed() const noexcept {
    return rule_.counts_completed() || rule_.percent > 0;
  }

  /// Shows how many jobs have completed and failed so far; `newest` says which outcome is the last one. If
  /// that is the end, the stages have been ended when it returns.
  void observe(std::uint64_t completed, std::uint64_t failed, std::string_view newest);

  /// Asked before each job, on its lane. If it must not start, the stages have been ended when it returns.
  [[nodiscard]] bool lets_start() const {
    const auto* const why = ended_by_.load(std::memory_order_acquire);
    if (why)
      end_(why->how, why->why);
    return !why;
  }

private:
  struct halting {
    policy::halt::decision how;
    cause why;
  };

  const policy::halt_rule rule_;
  const end_function end_;
  sync::mutex mutex_;
  policy::halt halt_;
  std::optional<halting> halting_;                 // written once
  std::atomic<const halting*> ended_by_{nullptr};  // that, once it is there
};

}  // namespace weir::detail
