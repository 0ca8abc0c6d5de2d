#pragma once

/// What became of a job.

#include <weir/actors/lane.hpp>

#include <caf/expected.hpp>
#include <caf/unit.hpp>

#include <cstdint>

namespace weir {

template <class Result>
struct outcome {
  std::uint64_t index = 0;  ///< the job's place in the order of submission, from 0
  unsigned attempt = 0;     ///< the execution that this is the outcome of, from 1; 0: never started
  duration queue_time{};    ///< from its admission to the start of its last attempt
  duration run_time{};      ///< of its last attempt; the mean of its batch for jobs below 5 µs
  outcome_kind kind = outcome_kind::completed;
  caf::expected<Result> result;  ///< the value of a completed job, else the error

  [[nodiscard]] bool completed() const noexcept { return kind == outcome_kind::completed; }
};

}  // namespace weir
