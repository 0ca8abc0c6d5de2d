#pragma once

/// The files that a run writes: they are no part of its input, and must not be each other or the flow file.

#include <weir/runtime/flow.hpp>
#include <weir/runtime/launcher/command_line.hpp>

#include <string>
#include <vector>

namespace weir::config {

/// The files that a report, or a trace, at `path` writes; none if none is wanted.
[[nodiscard]] std::vector<std::string> files_at(const std::string& path);

/// Whether both paths lead to one file. Looks at the file system.
[[nodiscard]] bool same_file(const std::string& a, const std::string& b);

/// What the run would write over by mistake, as a sentence; empty if all is well. Looks at the file system.
[[nodiscard]] std::string overwritten(const flow_plan& plan, const arguments& wanted);

}  // namespace weir::config
