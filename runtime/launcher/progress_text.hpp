#pragma once

/// The progress of a run as a person reads it.

#include <weir/runtime/flow.hpp>

#include <string>

namespace weir::config {

/// Jobs per second over the last seconds: the weight of what was observed falls to 1/e within `memory`. In
/// the beginning it is the mean of all. A plain state machine; the time is an argument.
class rate_meter {
public:
  static constexpr duration memory = std::chrono::seconds{5};

  /// Tells how many jobs had ended at `elapsed` since the start.
  void observe(duration elapsed, std::uint64_t ended) noexcept;

  /// Zero before the first observation.
  [[nodiscard]] double per_second() const noexcept { return seconds_ > 0 ? jobs_ / seconds_ : 0; }

private:
  duration last_at_{};
  std::uint64_t last_ended_ = 0;
  double jobs_ = 0;  // both weighted
  double seconds_ = 0;
};

/// "checksum: 1234/20000 done, 523/s, 2 failed, 4 in flight, 36 s left"; after what is in flight stands what
/// nodes have of it, as `nodes_progress` says it, empty if the flow has none. No time that is left
/// is shown if `end_is_unknown`, as it waits for a node that may never come, or was asked to end early.
[[nodiscard]] std::string progress_text(const std::string& flow, const flow_progress& p, double per_second,
                                        const std::string& at_nodes, bool end_is_unknown = false);

}  // namespace weir::config
