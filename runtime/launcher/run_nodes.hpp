#pragma once

/// The nodes of a run, if its flow has stages on nodes: from when they may come to when they are let go.
/// Shares the coordinator with these stages. All members are thread-safe but where they say so: signals ask,
/// too, at any time.

#include <weir/runtime/launcher/flow_file.hpp>
#include <weir/runtime/nodes/coordinator.hpp>

#include <caf/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::config {

class run_nodes {
public:
  explicit run_nodes(const checked_flow& flow);

  /// Whether there are stages on nodes.
  [[nodiscard]] bool wanted() const noexcept { return place_.has_value(); }

  /// From now on nodes may come. Errors are those of `coordinator::make`.
  [[nodiscard]] caf::error open();

  /// Who waits for nodes, and where; once they may come.
  [[nodiscard]] std::string where() const;

  /// Those that are there, and those that have gone.
  [[nodiscard]] std::vector<nodes::node_state> look() const;

  /// The same as lines for a person who asks what becomes of the jobs; nothing without stages on nodes.
  [[nodiscard]] std::string text() const;

  /// What to do about it if `there` are more workers than calls may be under way; once. Of one thread.
  [[nodiscard]] std::optional<std::string> idle_workers(const std::vector<nodes::node_state>& there);

  /// Whether nothing goes on, as all stages are on nodes and none is there, though some may come.
  [[nodiscard]] bool all_waits() const;

  /// Lets them go; what they have done.
  std::vector<nodes::node_state> close();

private:
  const std::optional<meeting_place> place_;
  const std::shared_ptr<coordinator_slot> slot_;
  std::vector<std::string> stages_;
  std::uint64_t parallelism_ = 0;  // of these, in all
  bool all_stages_ = true;
  bool told_idle_ = false;
};

}  // namespace weir::config
