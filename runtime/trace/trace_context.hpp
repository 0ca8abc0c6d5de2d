#pragma once

/// Where a piece of work stands in a trace, in the form in which W3C Trace Context carries it from process to
/// process: the headers `traceparent` and `tracestate`, or the environment's TRACEPARENT and TRACESTATE.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

struct trace_context {
  static constexpr std::uint8_t sampled_flag = 0x01;
  static constexpr std::size_t state_members_max = 32;
  static constexpr std::size_t state_bytes_max = 8192;

  std::uint64_t trace_high = 0;  ///< the first eight bytes of the trace's id; both are 0 in no valid one
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0;  ///< of who calls; never 0 in a valid one
  std::uint8_t flags = sampled_flag;
  std::string state = {};  ///< `tracestate`, passed on as it came

  /// Reads the two headers as the specification has it: version 00 strictly; of a later version what version
  /// 00 would find in it, but no flag beside `sampled`. Nothing if `traceparent` is not valid: then a trace
  /// begins anew. A `tracestate` that is not valid is dropped and the rest kept.
  [[nodiscard]] static std::optional<trace_context> parse(std::string_view traceparent,
                                                          std::string_view tracestate = {});

  /// For an outgoing call: "00-<32 hex digits>-<16 hex digits>-<2 hex digits>".
  [[nodiscard]] std::string traceparent() const;

  [[nodiscard]] std::string trace_id() const;  ///< 32 hex digits
  [[nodiscard]] std::string span_id() const;   ///< 16 hex digits
  [[nodiscard]] bool sampled() const noexcept { return (flags & sampled_flag) != 0; }

  friend bool operator==(const trace_context&, const trace_context&) = default;
};

namespace detail {

/// 16 lowercase hex digits.
[[nodiscard]] std::string hex(std::uint64_t id);

}  // namespace detail

}  // namespace weir
