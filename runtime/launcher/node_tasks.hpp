#pragma once

/// The tasks of flow files, done by nodes: what a node offers, and what a stage has instead of its own task.
/// The settings of a stage travel with its jobs, as TOML, and are checked again over there.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/coordinator_slot.hpp>
#include <weir/runtime/nodes/task_registry.hpp>
#include <weir/runtime/settings.hpp>
#include <weir/runtime/task.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weir::config {

/// Jobs that a node has ended.
using done_count = std::shared_ptr<std::atomic<std::uint64_t>>;

/// The tasks of these names in the version of Weir; each must be one of `known`, which must outlive what is
/// returned. `done` counts what they do; not what was canceled, as that runs elsewhere.
[[nodiscard]] nodes::task_registry offered_tasks(const kinds& known, const std::vector<std::string>& names,
                                                 const std::string& version, const done_count& done);

/// The task of a stage that nodes do. A relative path goes out as one below `folder`, where this process
/// runs, as nodes run elsewhere; a field of what comes back that is this path has it as it was.
[[nodiscard]] batch_function task_on_nodes(const task_kind& of, const settings& values,
                                           const std::string& version, std::string folder,
                                           std::shared_ptr<const coordinator_slot> on);

}  // namespace weir::config
