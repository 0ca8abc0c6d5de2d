#pragma once

/// The parts of a flow file, and whether those that are right in themselves fit together.

#include <weir/runtime/flow.hpp>
#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/document.hpp>
#include <weir/runtime/launcher/problems.hpp>
#include <weir/runtime/settings.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace weir::config {

/// A table of the file; if it is right its kind is known and its settings have been checked.
template <class Kind>
struct chosen {
  const Kind* of = nullptr;
  const node* table = nullptr;
  std::string path;
  settings values;
  std::string name;
  std::vector<std::size_t> from = {};
};

struct chosen_stage : chosen<task_kind> {
  stage_plan plan;  // but for its name, its task and how it is joined
};

struct chosen_parts {
  std::vector<chosen<source_kind>> sources;
  std::vector<chosen_stage> stages;
  std::vector<chosen<sink_kind>> sinks;
};

/// Adds to `found` where two parts use the same standard stream, a sink needs fields that the tasks before it
/// do not make, or a stage keeps order by one that they do not. All parts have to be right, and joined.
void check_fit(const chosen_parts& parts, const kinds& known, problems& found);

}  // namespace weir::config
