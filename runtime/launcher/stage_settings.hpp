#pragma once

/// From the checked keys of a `[[stage]]` to its part of the plan.

#include <weir/runtime/flow.hpp>
#include <weir/runtime/launcher/document.hpp>
#include <weir/runtime/launcher/problems.hpp>
#include <weir/runtime/settings.hpp>

#include <string>
#include <vector>

namespace weir::config {

/// A stage with what its keys say, but for its name, its task and how it is joined. `table` is where they
/// stand and `path` how messages call it; what is wrong goes to `found`.
[[nodiscard]] stage_plan planned_stage(const settings& values, const node& table, const std::string& path,
                                       problems& found);

/// The `fan_out` of a source or stage.
[[nodiscard]] fan_out fan_out_of(const settings& values);

/// Of a stage on nodes: lowers the default of the bound of what its task prints, so that it can be sent;
/// false if its task has no such bound.
bool keep_default_sendable(std::vector<setting_spec>& specs);

/// Refuses such a bound of a task that has one, if it is above what can be sent.
void check_sendable(const node& table, const std::string& path, const settings& values, problems& found);

}  // namespace weir::config
