#pragma once

/// The keys of a flow file that are not settings of a source, a task or a sink; and where each key
/// of all belongs.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/options.hpp>
#include <weir/runtime/settings.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

inline constexpr std::size_t sources_max = 64;
inline constexpr std::size_t stages_max = 64;
inline constexpr std::size_t sinks_max = 64;
inline constexpr std::int64_t parallelism_max = weir::parallelism_max;
inline constexpr std::int64_t capacity_max = 10'000'000;
/// The capacity of a stage whose file is silent, for each job that runs at once.
inline constexpr std::int64_t capacity_per_worker = 64;
static_assert(parallelism_max * capacity_per_worker <= capacity_max);

/// The keys of `[flow]`.
[[nodiscard]] const std::vector<setting_spec>& flow_specs();

/// The keys that each `[[stage]]` has besides the settings of its task.
[[nodiscard]] const std::vector<setting_spec>& stage_specs();

/// The keys that each source and each sink has besides the settings of its kind.
[[nodiscard]] const std::vector<setting_spec>& source_specs();
[[nodiscard]] const std::vector<setting_spec>& sink_specs();

/// Where a key that does not belong into `table` ("flow", "source", "stage", "sink", "nodes") belongs:
/// "it belongs in [flow]", "it is a setting of task "exec"". Nothing if no table knows it.
[[nodiscard]] std::optional<std::string> where_it_belongs(std::string_view key, std::string_view table,
                                                          const kinds& known);

}  // namespace weir::config
