#pragma once

/// Spans in the JSON that Chrome's trace viewer and Perfetto open: an array of events, one a line.
///
/// A process is a run, a thread one of its lanes; an attempt and its parts are slices of the lane's row. What
/// overlaps there (runs, jobs and the waits within them) are asynchronous events, each with a row of its own.
/// Times are microseconds from the start of the trace; its first event says when that was.

#include <weir/runtime/sinks/output.hpp>
#include <weir/runtime/trace/tracer.hpp>

#include <map>
#include <string>
#include <tuple>

namespace weir::detail {

class chrome_trace final : public span_exporter {
public:
  /// Lanes beyond share a row.
  static constexpr std::size_t rows_max = 65'536;

  explicit chrome_trace(output to) : to_(std::move(to)) {}

  caf::error open(const trace_origin& from) override;
  caf::error put(std::span<const span_record> spans) override;
  caf::error finish(std::uint64_t lost) override;

private:
  struct row {
    std::size_t process = 0;
    std::size_t thread = 0;
  };

  void append(const span_record& s);
  void append_marks(const span_record& s, const row& at);
  row row_of(const span_record& s);
  std::size_t process_of(const std::string& name);
  void append_about(std::string_view what, const row& at, const span_attribute& content);
  void begin_event(char phase, std::string_view name, const row& at);
  void add_time(std::string_view key, duration since_start);
  void add_arguments(const std::vector<span_attribute>& all);
  void end_event();

  output to_;
  trace_origin from_;
  std::string text_;  // events that are not put yet
  bool first_ = true;
  std::map<std::string, std::size_t> processes_;
  std::map<std::tuple<std::size_t, std::string, std::size_t, std::size_t>, std::size_t> rows_;
};

}  // namespace weir::detail
