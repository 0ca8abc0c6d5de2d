#pragma once

/// A span that has ended, as it goes from the thread that ended it to an exporter.

#include <weir/actors/clock.hpp>
#include <weir/runtime/trace/trace_context.hpp>

#include <caf/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir {

/// Where spans are drawn: a process for each run that was not started by another one, and a row for each
/// lane.
struct trace_place {
  std::string process;   ///< the name of that run
  std::string stage;     ///< empty for what is no stage's
  std::size_t slot = 0;  ///< tells apart runs of the same names at the same time
};

using span_value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

struct span_attribute {
  std::string key;
  span_value content;
};

struct span_event {
  std::string name;
  time_point at{};
  std::vector<span_attribute> attributes = {};
};

enum class span_role : std::uint8_t {
  run,      ///< one run of a flow, a pipeline, a pool, a stream, a parallel_map
  job,      ///< from admission to its outcome
  wait,     ///< between two attempts of a job
  attempt,  ///< one execution of a job
  part,     ///< a part of it, by the task itself
};

enum class span_status : std::uint8_t { unset, ok, error };

struct span_record {
  /// More are counted and dropped, so that a span is bounded.
  static constexpr std::size_t attributes_max = 64;
  static constexpr std::size_t events_max = 128;
  static constexpr std::size_t text_bytes_max = 4096;

  trace_context at;  ///< its own ids
  std::uint64_t parent = 0;
  span_role role = span_role::part;
  std::string name;
  time_point begun{};
  time_point ended{};
  std::vector<span_attribute> attributes = {};
  std::vector<span_event> events = {};
  std::uint32_t attributes_dropped = 0;
  std::uint32_t events_dropped = 0;
  span_status status = span_status::unset;
  std::string message = {};  ///< of an error
  std::shared_ptr<const trace_place> place = {};
  std::optional<std::size_t> lane = {};  ///< none for what is not run by one

  /// Each cuts long texts. A key that is there already gets the new value.
  void set(std::string_view key, span_value content);
  void add(span_event event);

  /// Marks the span as failed, with an event as OpenTelemetry has it for exceptions.
  void fail(const caf::error& why, time_point when);
};

}  // namespace weir
