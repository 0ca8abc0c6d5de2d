#pragma once

/// The file of a node: one table, `[node]`.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/document.hpp>
#include <weir/runtime/launcher/node_settings.hpp>
#include <weir/runtime/launcher/problems.hpp>

#include <optional>
#include <string>
#include <vector>

namespace weir::config {

/// Reads and checks the file `path` ("-": standard input), and the files of TLS that it names. What is wrong
/// goes to `found`, and then there is no plan.
[[nodiscard]] std::optional<node_plan> load_node(const std::string& path,
                                                 const std::vector<std::string>& overrides,
                                                 const kinds& known, problems& found);

/// Whether a document is a node's, and no flow's in which somebody wrote [node] instead of [nodes].
[[nodiscard]] bool is_of_node(const node& root);

/// As `load_node` for the document of a file.
[[nodiscard]] std::optional<node_plan> check_node(node root, const std::vector<std::string>& overrides,
                                                  const kinds& known, problems& found);

/// "node "node-1": tasks sha256, wordcount; 2 workers, 65536 jobs at most; dials 127.0.0.1:4700 without TLS".
[[nodiscard]] std::string describe(const node_plan& plan);

}  // namespace weir::config
