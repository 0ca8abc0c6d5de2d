#pragma once

/// A source yields the items of a flow, one at a time, on one thread.

#include <weir/actors/context.hpp>
#include <weir/runtime/record.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir {

class source {
public:
  virtual ~source() = default;

  /// The next item, or nothing at the end. May block on I/O; returns nothing soon after `ctx` is
  /// canceled. An error ends the source. What it can't read but can go on without (a folder without
  /// permission) comes as an item that is `unreadable`.
  virtual caf::expected<std::optional<item>> next(const context& ctx) = 0;

  /// How many items there will be, where that is known before the end: for progress and time left.
  [[nodiscard]] virtual std::optional<std::uint64_t> size_hint() const { return std::nullopt; }

  /// Files that the run itself writes, and that are therefore no part of its input. Called once, before
  /// the first `next`.
  virtual void leave_out(const std::vector<std::string>& paths) { static_cast<void>(paths); }
};

}  // namespace weir
