#pragma once

/// What flows between a source, the stages and the sink of a flow that is driven by config.

#include <caf/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weir {

/// One value. Text is bytes: it need not be UTF-8.
using value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

/// The value as text: no text for none, "true"/"false", decimal, the shortest decimal that reads
/// back equal, the bytes as they are.
[[nodiscard]] std::string to_text(const value& v);

/// What a task gets: one thing that the source (or the stage before) produced.
struct item {
  value input;       ///< the path, the line, the number
  std::string name;  ///< how messages and failures call it; for files the path
  /// From a source: there is something of that name, but it can't be read. The job fails with this before
  /// the first stage, so that no task sees it set.
  caf::error unreadable = {};
  /// Whether `input` is the path of a file as this process sees it; another one may run in another folder.
  bool is_path = false;
};

/// Named values in a fixed order: the columns of a sink.
struct field {
  std::string name;
  value content;
};

/// What a task makes of an item. The first field is the task's main value: it is the next stage's
/// input.
struct record {
  std::vector<field> fields;

  /// The field called `name`, or null.
  [[nodiscard]] const value* find(std::string_view name) const noexcept;
};

}  // namespace weir
