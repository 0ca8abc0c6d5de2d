#pragma once

/// The sinks of a run, and their last calls.

#include <weir/runtime/flow.hpp>
#include <weir/runtime/outlet.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::detail {

class flow_output {
public:
  flow_output(std::vector<sink_plan> sinks, const context& run);

  [[nodiscard]] const std::vector<std::shared_ptr<outlet>>& outlets() const noexcept { return outlets_; }

  /// What the sinks write or replace.
  [[nodiscard]] std::vector<std::string> files() const;

  /// In their order; after an error none of the rest.
  void open();

  /// Lets nobody in any more and calls each sink for the last time, on a thread of its own: whoever reads an
  /// output and has stopped to do so must not keep the run, or another sink, from its end. Blocks until all
  /// have returned, or, once the run is canceled, until `rest_by`, which is asked then.
  void finish(bool early, const std::function<time_point(time_point now)>& rest_by);

  // -- after that --------------------------------------------------------------------------------------

  [[nodiscard]] std::optional<std::string> error() const;

  /// The reader of one of them has gone.
  [[nodiscard]] bool reader_gone() const;

  [[nodiscard]] std::vector<flow_summary::sink_load> loads() const;

private:
  context run_;
  std::vector<std::string> names_;
  std::vector<std::shared_ptr<outlet>> outlets_;
  std::vector<bool> finished_;
};

}  // namespace weir::detail
