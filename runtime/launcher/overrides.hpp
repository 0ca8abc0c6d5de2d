#pragma once

/// `--set key=value`: changes to a flow's document before it is checked, so that they are checked
/// exactly as the file is.

#include <weir/runtime/launcher/document.hpp>
#include <weir/runtime/launcher/problems.hpp>

#include <string>
#include <vector>

namespace weir::config {

/// Applies each of `options` ("source.root=/usr", "stage.parallelism=2" for the only stage,
/// "stage.NAME.key=…" or "stage[0].key=…" for one of several) to `root`, in order; the last one of
/// a key counts. The value is read as TOML, else taken as a string. The place of what is wrong is
/// the option.
void apply_overrides(node& root, const std::vector<std::string>& options, problems& found);

}  // namespace weir::config
