#pragma once

/// Spans in the OpenTelemetry protocol's JSON: each line is an `ExportTraceServiceRequest`, such as a
/// collector's file receiver reads.

#include <weir/runtime/sinks/output.hpp>
#include <weir/runtime/trace/tracer.hpp>

#include <string>

namespace weir::detail {

/// One line. Spans of one request share its resource, so it says it once.
[[nodiscard]] std::string otlp_line(const trace_origin& from, std::span<const span_record> spans);

class otlp_lines final : public span_exporter {
public:
  static constexpr std::size_t spans_a_line_max = 64;

  explicit otlp_lines(output to) : to_(std::move(to)) {}

  caf::error open(const trace_origin& from) override;
  caf::error put(std::span<const span_record> spans) override;
  caf::error finish(std::uint64_t lost) override;

private:
  output to_;
  trace_origin from_;
};

}  // namespace weir::detail
