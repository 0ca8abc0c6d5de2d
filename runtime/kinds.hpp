#pragma once

/// The kinds of sources, tasks and sinks that a flow file can name, each with the settings that it
/// accepts and a way to make one.

#include <weir/runtime/settings.hpp>
#include <weir/runtime/sink.hpp>
#include <weir/runtime/source.hpp>
#include <weir/runtime/task.hpp>

#include <caf/expected.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weir {

template <class Made>
struct kind {
  std::string name;
  std::string summary;  ///< one line, for `weir tasks` and the reference
  std::vector<setting_spec> accepts;
  /// Makes one from checked settings. An error names the setting and what is allowed.
  std::function<caf::expected<Made>(const settings&)> make;
  /// Of a task: the fields that each of its records has. Of a sink: those that it needs. Both in order;
  /// empty where nothing can be said.
  std::vector<std::string> fields = {};
  /// Of a task: it takes an item's text for the path of a file.
  bool takes_paths = false;
};

using source_kind = kind<std::unique_ptr<source>>;
using task_kind = kind<task_function>;
using sink_kind = kind<std::unique_ptr<sink>>;

struct kinds {
  std::vector<source_kind> sources;
  std::vector<task_kind> tasks;
  std::vector<sink_kind> sinks;
  /// Of the tasks: nodes do those of the same one for each other.
  std::string version = {};
};

/// What Weir brings along: one function for each kind, defined beside what it makes.
[[nodiscard]] source_kind files_source();
[[nodiscard]] source_kind lines_source();
[[nodiscard]] source_kind range_source();
[[nodiscard]] task_kind sha256_task();
[[nodiscard]] task_kind wordcount_task();
[[nodiscard]] task_kind sleep_task();
[[nodiscard]] task_kind square_task();
[[nodiscard]] task_kind exec_task();
[[nodiscard]] sink_kind table_sink();
[[nodiscard]] sink_kind jsonl_sink();
[[nodiscard]] sink_kind tsv_sink();
[[nodiscard]] sink_kind sha256sum_sink();

/// All of the above.
[[nodiscard]] kinds built_in_kinds();

}  // namespace weir
