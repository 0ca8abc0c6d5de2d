#pragma once

/// What a node lends, and to whom.

#include <weir/runtime/link/link_options.hpp>

#include <caf/error.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace weir {
class tracer;
}

namespace weir::nodes {

struct node_options {
  static constexpr std::uint32_t workers_max = 1024;
  static constexpr std::uint32_t credit_max = 1'000'000;

  link::link_options link;
  std::string coordinator;  ///< "host:port"
  std::uint32_t workers =
      0;  ///< jobs that run at once, 1 to `workers_max`; 0: as many as there are processors
  std::uint32_t credit = 65'536;  ///< jobs that it holds at most, at least two for each worker

  /// Writes down each job, as a part of the trace of whoever sent it; null: nothing.
  std::shared_ptr<tracer> trace = {};

  /// An error of `ec::invalid_option` that names the option and what is allowed.
  [[nodiscard]] caf::error validate() const;

  /// `workers`, or the number of processors.
  [[nodiscard]] std::uint32_t worker_count() const;
};

}  // namespace weir::nodes
