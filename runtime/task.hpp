#pragma once

/// A task of a flow that is driven by config: a named function from an item to a record.

#include <weir/actors/context.hpp>
#include <weir/runtime/batch_wish.hpp>
#include <weir/runtime/record.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace weir {

/// Runs on a thread of the stage's, several at a time. It may block and may throw. It should watch
/// `ctx` if it takes long, and return `ctx.error()` when it gives up because of it.
using task_function = std::function<caf::expected<record>(const context& ctx, const item& job)>;

/// Items that are done together, because what they cost together is more than each of them costs. For one
/// thread at a time.
class item_batch {
public:
  virtual ~item_batch() = default;

  /// The most that can be added, from 1.
  [[nodiscard]] virtual std::uint64_t limit() const noexcept = 0;

  /// False if it was to become too much: it is one for another batch, and so is what follows. The first never
  /// is.
  [[nodiscard]] virtual bool add(const item& job) = 0;

  /// Blocks until they are done.
  virtual void run() noexcept = 0;

  /// What became of the next of them.
  [[nodiscard]] virtual caf::expected<record> next() = 0;

  /// What they took, all told; nothing if that is not known.
  [[nodiscard]] virtual std::optional<duration> busy() const noexcept = 0;

  /// Where they are done; lives as long as the batch.
  [[nodiscard]] virtual const std::string& place() const noexcept = 0;
};

/// Waits until there is room for some of the items that are wished for, from 1. `ctx` is that of their tasks.
using batch_function =
    std::function<caf::expected<std::unique_ptr<item_batch>>(const context& ctx, const batch_wish& wish)>;

}  // namespace weir
