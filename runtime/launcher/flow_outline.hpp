#pragma once

/// What a person is shown of a flow before it runs: its parts and how they are joined.

#include <weir/actors/policy/graph.hpp>
#include <weir/runtime/flow.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::config {

enum class flow_part : std::uint8_t { source, stage, sink };

struct flow_outline {
  struct part {
    flow_part is = flow_part::stage;
    std::string name;
    std::string kind;                  ///< of a stage: its task
    std::vector<std::string> details;  ///< of a stage: "parallelism 4", "capacity 256", "order input"
    weir::fan_out fan_out = weir::fan_out::broadcast;
    std::vector<std::size_t> from;  ///< indices of parts
    std::optional<std::size_t> redirect_to = {};
  };

  /// A way from one part to another, as it is drawn.
  struct arrow {
    std::size_t from = 0;
    std::size_t to = 0;
    std::string text;     ///< "broadcast", "balance", "when full" or nothing
    bool dashed = false;  ///< not every job takes it
  };

  std::string flow;
  std::vector<part> parts;  ///< sources, then stages, then sinks

  /// All ways that a job may take.
  [[nodiscard]] policy::graph joined() const;

  /// Those of each part in turn: where its outcomes go, then where it redirects to.
  [[nodiscard]] std::vector<arrow> arrows() const;
};

/// One line for a flow whose parts are a row:
/// `flow "checksum": files -> sha256 (parallelism 4, capacity 256, order input) -> sha256sum`;
/// else a line for each part and where it leads.
[[nodiscard]] std::string describe(const flow_outline& flow);

}  // namespace weir::config
