#pragma once

/// A task of a flow that is driven by config: a named function from an item to a record.

#include <weir/actors/context.hpp>
#include <weir/runtime/record.hpp>

#include <caf/expected.hpp>

#include <functional>

namespace weir {

/// Runs on a thread of the stage's, several at a time. It may block and may throw. It should watch
/// `ctx` if it takes long, and return `ctx.error()` when it gives up because of it.
using task_function = std::function<caf::expected<record>(const context& ctx, const item& job)>;

}  // namespace weir
