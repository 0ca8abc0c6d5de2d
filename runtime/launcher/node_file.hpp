#pragma once

/// The file of a node: one table, `[node]`.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/node_settings.hpp>
#include <weir/runtime/launcher/problems.hpp>

#include <optional>
#include <string>
#include <vector>

namespace weir::config {

/// Reads and checks the file `path` ("-": standard input). What is wrong goes to `found`, and then there is
/// no plan.
[[nodiscard]] std::optional<node_plan> load_node(const std::string& path,
                                                 const std::vector<std::string>& overrides,
                                                 const kinds& known, problems& found);

}  // namespace weir::config
