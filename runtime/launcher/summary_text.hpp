#pragma once

/// What a run came to: for a person, and as JSON for a program.

#include <weir/runtime/flow.hpp>
#include <weir/runtime/nodes/coordinator.hpp>

#include <caf/error.hpp>

#include <string>
#include <vector>

namespace weir::config {

/// "failed: NAME: TEXT", in one line; the stage stands before the text where `with_stage` asks for it.
[[nodiscard]] std::string failure_text(const flow_failure& f, bool with_stage);

/// What went wrong beyond single jobs: the source's error, the sink's, why the run ended early, the jobs
/// that did not stop. Whole lines; empty if nothing did.
[[nodiscard]] std::string trouble_text(const flow_summary& s);

/// The books, peak in flight, elapsed time, rate, run times and the root error. Whole lines.
[[nodiscard]] std::string summary_text(const flow_summary& s);

/// The summary as one JSON object, indented, with a line's end, and with the nodes that the run had. Times
/// are seconds; text that is not UTF-8 has U+FFFD in place of the wrong bytes.
[[nodiscard]] std::string summary_json(const flow_summary& s, int exit_code,
                                       const std::vector<nodes::node_state>& nodes);

/// Writes `text` to `path` by way of a file beside it, so that a half-written report never takes the
/// place of a good one. `ec::io` names the path and the reason. Blocks on the file system.
[[nodiscard]] caf::error write_report(const std::string& path, const std::string& text);

}  // namespace weir::config
