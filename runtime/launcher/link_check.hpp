#pragma once

/// Looks at the keys by which a flow and a node meet as `run` and `node` would, but for the network: nothing
/// is looked up, listened at or dialed.

#include <weir/runtime/launcher/document.hpp>
#include <weir/runtime/launcher/node_settings.hpp>
#include <weir/runtime/launcher/problems.hpp>

#include <caf/error.hpp>

#include <cstdint>
#include <string>

namespace weir::config {

/// Whether the files of TLS are read and tried. Who only draws a flow does not have them as a rule.
enum class tls_check : std::uint8_t { tried, left_out };

/// Checks the place of a flow, which `table` describes.
void check_meeting_place(const node& table, const meeting_place& place, tls_check tls, problems& found);

/// Checks whom a node dials, and what it lends; `table` is the node's.
void check_node_plan(const node& table, const node_plan& plan, problems& found);

}  // namespace weir::config
