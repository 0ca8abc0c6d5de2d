#include <weir/runtime/sinks/json_text.hpp>
#include <weir/runtime/trace/otlp_lines.hpp>

#include <cmath>

#include <unistd.h>

namespace weir::detail {

namespace {

// Of the protocol's enumerations, which its JSON has as numbers.
constexpr int kind_internal = 1;
constexpr int status_of(span_status s) {
  return s == span_status::ok ? 1 : s == span_status::error ? 2 : 0;
}

void add_text(std::string& to, std::string_view key, std::string_view text) {
  to += '"';
  to += key;
  to += "\":";
  append_json(to, text);
}

/// 64 bits are decimal strings: a JSON number may lose some.
void add_nanos(std::string& to, std::string_view key, std::int64_t n) {
  add_text(to, key, std::to_string(n));
}

/// An AnyValue.
void append_any(std::string& to, const span_value& v) {
  to += '{';
  if (const auto* text = std::get_if<std::string>(&v)) {
    add_text(to, "stringValue", *text);
  } else if (const auto* n = std::get_if<std::int64_t>(&v)) {
    add_nanos(to, "intValue", *n);
  } else if (const auto* b = std::get_if<bool>(&v)) {
    to += *b ? "\"boolValue\":true" : "\"boolValue\":false";
  } else if (const auto* d = std::get_if<double>(&v)) {
    to += "\"doubleValue\":";
    // JSON has no numbers for these; protobuf's mapping has texts.
    if (std::isnan(*d))
      to += "\"NaN\"";
    else if (std::isinf(*d))
      to += *d > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    else
      append_json(to, v);
  }
  to += '}';
}

void append_attributes(std::string& to, const std::vector<span_attribute>& all) {
  to += "\"attributes\":[";
  auto first = true;
  for (const auto& a : all) {
    to += first ? "{" : ",{";
    first = false;
    add_text(to, "key", a.key);
    to += ",\"value\":";
    append_any(to, a.content);
    to += '}';
  }
  to += ']';
}

void append_events(std::string& to, const trace_origin& from, const std::vector<span_event>& all) {
  to += "\"events\":[";
  auto first = true;
  for (const auto& e : all) {
    to += first ? "{" : ",{";
    first = false;
    add_nanos(to, "timeUnixNano", from.unix_nanos(e.at));
    to += ',';
    add_text(to, "name", e.name);
    to += ',';
    append_attributes(to, e.attributes);
    to += '}';
  }
  to += ']';
}

void append_span(std::string& to, const trace_origin& from, const span_record& s) {
  to += '{';
  add_text(to, "traceId", s.at.trace_id());
  to += ',';
  add_text(to, "spanId", s.at.span_id());
  if (!s.at.state.empty()) {
    to += ',';
    add_text(to, "traceState", s.at.state);
  }
  if (s.parent != 0) {
    to += ',';
    add_text(to, "parentSpanId", hex(s.parent));
  }
  to += ",\"flags\":" + std::to_string(s.at.flags) + ',';
  add_text(to, "name", s.name);
  to += ",\"kind\":" + std::to_string(kind_internal) + ',';
  add_nanos(to, "startTimeUnixNano", from.unix_nanos(s.begun));
  to += ',';
  add_nanos(to, "endTimeUnixNano", from.unix_nanos(s.ended));
  to += ',';
  append_attributes(to, s.attributes);
  if (s.attributes_dropped > 0)
    to += ",\"droppedAttributesCount\":" + std::to_string(s.attributes_dropped);
  if (!s.events.empty()) {
    to += ',';
    append_events(to, from, s.events);
  }
  if (s.events_dropped > 0)
    to += ",\"droppedEventsCount\":" + std::to_string(s.events_dropped);
  to += ",\"status\":{\"code\":" + std::to_string(status_of(s.status));
  if (!s.message.empty()) {
    to += ',';
    add_text(to, "message", s.message);
  }
  to += "}}";
}

std::string line_of(const trace_origin& from, std::span<const span_record> spans,
                    std::vector<span_attribute> more) {
  std::vector<span_attribute> resource{{"service.name", from.service},
                                       {"process.pid", static_cast<std::int64_t>(::getpid())}};
  resource.insert(resource.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  std::string line = R"({"resourceSpans":[{"resource":{)";
  append_attributes(line, resource);
  line += R"(},"scopeSpans":[{"scope":{"name":"weir"},"spans":[)";
  for (std::size_t i = 0; i < spans.size(); ++i) {
    line += i == 0 ? "" : ",";
    append_span(line, from, spans[i]);
  }
  return line + "]}]}]}\n";
}

}  // namespace

std::string otlp_line(const trace_origin& from, std::span<const span_record> spans) {
  return line_of(from, spans, {});
}

caf::error otlp_lines::open(const trace_origin& from) {
  from_ = from;
  return to_.open();
}

caf::error otlp_lines::put(std::span<const span_record> spans) {
  while (!spans.empty()) {
    const auto n = std::min(spans.size(), spans_a_line_max);
    if (auto problem = to_.put(otlp_line(from_, spans.first(n))))
      return problem;
    spans = spans.subspan(n);
  }
  return to_.flush();
}

caf::error otlp_lines::finish(std::uint64_t lost) {
  // The protocol has no place for it but a resource; whoever reads the spans must see that some lack.
  if (lost > 0)
    if (auto problem = to_.put(line_of(from_, {}, {{"weir.spans_lost", static_cast<std::int64_t>(lost)}})))
      return problem;
  return to_.finish();
}

}  // namespace weir::detail
