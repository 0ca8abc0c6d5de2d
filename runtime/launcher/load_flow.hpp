#pragma once

/// From a flow file's path and the options of the command line to a plan that is ready to run.

#include <weir/runtime/launcher/document.hpp>
#include <weir/runtime/launcher/flow_file.hpp>
#include <weir/runtime/launcher/link_check.hpp>

#include <optional>
#include <string>
#include <vector>

namespace weir::config {

/// Reads, changes by `overrides` (as --set has them) and checks the flow file at `path`; "-" is
/// standard input. What is wrong goes to `found`, and then there is no plan and nothing was
/// started. Blocks on the file, and on those of TLS.
[[nodiscard]] std::optional<checked_flow> load_flow(const std::string& path,
                                                    const std::vector<std::string>& overrides,
                                                    const kinds& known, tls_check tls, problems& found);

/// The same for the document that was read from `path`.
[[nodiscard]] std::optional<checked_flow> load_flow(node root, const std::string& path,
                                                    const std::vector<std::string>& overrides,
                                                    const kinds& known, tls_check tls, problems& found);

/// The same for a text at hand; `origin` is how problems call it. No other file is read.
[[nodiscard]] std::optional<checked_flow> load_flow_text(const std::string& text, const std::string& origin,
                                                         const std::string& default_name,
                                                         const std::vector<std::string>& overrides,
                                                         const kinds& known, problems& found);

}  // namespace weir::config
