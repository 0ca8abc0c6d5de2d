#pragma once

/// From the document of a flow file to a plan that is ready to run. The file is checked as a whole:
/// only when no problem was found anywhere are sources, tasks and sinks made.

#include <weir/runtime/flow.hpp>
#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/document.hpp>
#include <weir/runtime/launcher/flow_outline.hpp>
#include <weir/runtime/launcher/link_check.hpp>
#include <weir/runtime/launcher/node_settings.hpp>
#include <weir/runtime/launcher/node_tasks.hpp>
#include <weir/runtime/launcher/problems.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace weir::config {

/// What the first signal does to a run.
enum class interrupt_rule : std::uint8_t { drain, cancel };

struct checked_flow {
  flow_plan plan;
  interrupt_rule on_interrupt = interrupt_rule::drain;
  flow_outline outline;
  std::optional<meeting_place> nodes;          ///< where those come that do some of its stages
  std::shared_ptr<coordinator_slot> on_nodes;  ///< filled before the plan runs; null if there is no place
};

/// Checks `root` and makes the plan. `default_name` is the flow's name where the file has none.
/// What is wrong goes to `found`, and then there is no plan.
[[nodiscard]] std::optional<checked_flow> check_flow(const node& root, const kinds& known,
                                                     const std::string& default_name, tls_check tls,
                                                     problems& found);

}  // namespace weir::config
