#pragma once

/// The free slots of the stages that one submitter feeds: it takes a slot before it submits, so its submit
/// does not wait; and while all are taken it waits for whichever is free first. Thread-safe.

#include <weir/actors/context.hpp>
#include <weir/actors/policy/fan_out.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

namespace weir::detail {

class free_slots {
public:
  /// Of `stages` stages, none of which has told of its slots yet. Nobody waits any more once `within` is
  /// canceled.
  free_slots(std::size_t stages, const context& within);

  /// `n` slots of stage `of` are free now.
  void give(std::size_t of, std::uint64_t n);

  /// Takes a slot of the next stage in turn that has one free. Blocks until there is one; nothing once the
  /// context is canceled.
  [[nodiscard]] std::optional<std::size_t> take();

private:
  context within_;
  std::mutex mutex_;
  std::condition_variable changed_;
  policy::fan_out free_;
  // Declared last: it calls into this object and must go first.
  context::subscription on_cancel_;
};

}  // namespace weir::detail
