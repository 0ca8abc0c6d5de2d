#pragma once

/// From the checked keys of a `[[stage]]` to its part of the plan.

#include <weir/runtime/flow.hpp>
#include <weir/runtime/launcher/document.hpp>
#include <weir/runtime/launcher/problems.hpp>
#include <weir/runtime/settings.hpp>

#include <string>

namespace weir::config {

/// A stage with what its keys say, but for its name, its task and how it is joined. `table` is where they
/// stand and `path` how messages call it; what is wrong goes to `found`.
[[nodiscard]] stage_plan planned_stage(const settings& values, const node& table, const std::string& path,
                                       problems& found);

/// The `fan_out` of a source or stage.
[[nodiscard]] fan_out fan_out_of(const settings& values);

}  // namespace weir::config
