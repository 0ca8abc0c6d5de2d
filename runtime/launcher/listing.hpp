#pragma once

/// What `weir tasks` prints and what config/reference.toml has in it: both are made from the specs
/// that check a flow file, so they can't say anything else than the code does.

#include <weir/runtime/kinds.hpp>

#include <string>
#include <vector>

namespace weir::config {

/// Sources, tasks and sinks with their settings, defaults and meaning, for a person.
[[nodiscard]] std::string list_kinds(const kinds& known);

/// A flow file that is valid as it is and has every key, its default and its meaning as comments.
[[nodiscard]] std::string reference(const kinds& known);

/// One part of the reference for each kind that it shows as a comment: a table that is valid when
/// uncommented, if its values suit the kind.
struct reference_block {
  std::string section;  ///< "source", "stage" or "sink"
  std::string kind;
  std::string toml;  ///< with every setting given
};
[[nodiscard]] std::vector<reference_block> reference_blocks(const kinds& known);

}  // namespace weir::config
