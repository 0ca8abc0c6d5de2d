#pragma once

/// How the sources, stages and sinks of a flow file are joined: their names, what `from` and `redirect_to`
/// say, and whether that is a graph in which every job comes to an end.

#include <weir/runtime/launcher/document.hpp>
#include <weir/runtime/launcher/flow_outline.hpp>
#include <weir/runtime/launcher/problems.hpp>

#include <optional>
#include <string>
#include <vector>

namespace weir::config {

/// A table of a source, a stage or a sink, as far as the others need to know of it.
struct wired_part {
  flow_part is = flow_part::stage;
  const node* table = nullptr;
  std::string path;    ///< "stage[0]"
  std::string name;    ///< that of its kind, if the file gives none; empty if there is none either
  bool alone = false;  ///< the only source, the only sink
};

/// What a part is joined to; indices of parts.
struct part_joins {
  std::vector<std::size_t> from;
  std::optional<std::size_t> redirect_to = {};
};

/// The joins of each part. `parts` are all sources, then all stages, then all sinks. What is wrong goes to
/// `found`, and then there is nothing.
[[nodiscard]] std::optional<std::vector<part_joins>> wire(const std::vector<wired_part>& parts,
                                                          problems& found);

}  // namespace weir::config
