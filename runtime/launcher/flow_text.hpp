#pragma once

/// The text of a flow's or a node's file: a regular file, or standard input for "-".

#include <weir/runtime/launcher/document.hpp>
#include <weir/runtime/launcher/problems.hpp>

#include <optional>
#include <string>

namespace weir::config {

/// Reads at most `document_bytes_max` + 1 bytes, so that what is larger can be told. Blocks on the
/// file. A byte order mark is dropped. What is wrong goes to `found`.
[[nodiscard]] std::optional<std::string> read_flow_text(const std::string& path, problems& found);

/// The document that it has.
[[nodiscard]] std::optional<node> read_document(const std::string& path, problems& found);

/// How messages call the file: its path, or "standard input".
[[nodiscard]] std::string origin_of(const std::string& path);

/// The flow's name where the file has none: the file's name without its folder and extension.
[[nodiscard]] std::string default_flow_name(const std::string& path);

}  // namespace weir::config
