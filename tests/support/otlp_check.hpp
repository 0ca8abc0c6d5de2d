#pragma once

/// A strict reader of OTLP/JSON lines, after opentelemetry/proto/trace/v1/trace.proto and
/// common/v1/common.proto and the deviations from protobuf's JSON mapping in the protocol's section "JSON
/// Protobuf Encoding". It knows no field that it does not expect, so that a misspelt one is found.

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir_test {

using json = nlohmann::json;

class otlp_check {
public:
  /// All spans of a text. Throws std::runtime_error with the place and the reason of the first mistake.
  static std::vector<json> spans_of(const std::string& text) {
    otlp_check check;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);)
      check.request(json::parse(line));
    if (!text.empty() && text.back() != '\n')
      fail("the file", "its last line has no end");
    check.ids_are_unique();
    return std::move(check.spans_);
  }

  /// The attributes of a span, an event or a resource, by key.
  static std::map<std::string, json> attributes_of(const json& of) {
    std::map<std::string, json> all;
    for (const auto& a : of.value("attributes", json::array()))
      all[a.at("key")] = a.at("value").empty() ? json{} : a.at("value").begin().value();
    return all;
  }

private:
  [[noreturn]] static void fail(const std::string& where, const std::string& why) {
    throw std::runtime_error{where + ": " + why};
  }

  static void fields(const json& o, const std::string& where, const std::set<std::string>& required,
                     const std::set<std::string>& optional) {
    if (!o.is_object())
      fail(where, "is no object");
    for (const auto& [key, content] : o.items())
      if (!required.contains(key) && !optional.contains(key))
        fail(where, "has an unknown field \"" + key + '"');
    for (const auto& key : required)
      if (!o.contains(key))
        fail(where, "lacks \"" + key + '"');
  }

  /// By value: the caller may have made it just for this.
  static json list(json of, const std::string& where) {
    if (!of.is_array())
      fail(where, "is no array");
    return of;
  }

  static void text(const json& t, const std::string& where, bool may_be_empty = true) {
    if (!t.is_string() || (!may_be_empty && t.get<std::string>().empty()))
      fail(where, "is no text");
  }

  /// Lowercase: receivers take both, and Weir writes one.
  static void id(const json& i, const std::string& where, std::size_t digits) {
    text(i, where);
    const auto& s = i.get_ref<const std::string&>();
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (s.size() != digits || !std::all_of(s.begin(), s.end(), is_digit))
      fail(where, "\"" + s + "\" is not " + std::to_string(digits) + " lowercase hex digits");
    if (s.find_first_not_of('0') == std::string::npos)
      fail(where, "is zero");
  }

  template <class Number>
  static Number decimal(const json& d, const std::string& where) {
    text(d, where);
    const auto& s = d.get_ref<const std::string&>();
    Number n{};
    const auto r = std::from_chars(s.data(), s.data() + s.size(), n);
    if (r.ec != std::errc{} || r.ptr != s.data() + s.size() || std::to_string(n) != s)
      fail(where, "\"" + s + "\" is no decimal number of 64 bits");
    return n;
  }

  static void number(const json& n, const std::string& where, std::uint64_t max) {
    if (!n.is_number_unsigned() || n.get<std::uint64_t>() > max)
      fail(where, "is no whole number up to " + std::to_string(max));
  }

  static void any_value(const json& v, const std::string& where) {
    fields(
        v, where, {},
        {"stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue"});
    if (v.size() > 1)
      fail(where, "has more than one value");
    for (const auto& [kind, content] : v.items())
      if (kind == "intValue")
        decimal<std::int64_t>(content, where);
      else if (kind == "stringValue")
        text(content, where);
      else if (kind == "boolValue" && !content.is_boolean())
        fail(where, "is no boolean");
      else if (kind == "doubleValue" && !content.is_number() && content != "NaN" && content != "Infinity" &&
               content != "-Infinity")
        fail(where, "is no number");
  }

  static void attributes(const json& of, const std::string& where) {
    std::set<std::string> keys;
    for (const auto& a : list(of, where)) {
      fields(a, where, {"key", "value"}, {});
      text(a["key"], where + ".key", false);
      if (!keys.insert(a["key"]).second)
        fail(where, "has the key " + a["key"].dump() + " twice");
      any_value(a["value"], where + '.' + a["key"].get<std::string>());
    }
  }

  void request(const json& r) {
    fields(r, "request", {"resourceSpans"}, {});
    for (const auto& rs : list(r["resourceSpans"], "resourceSpans")) {
      fields(rs, "resourceSpans", {"scopeSpans"}, {"resource", "schemaUrl"});
      if (rs.contains("resource")) {
        fields(rs["resource"], "resource", {}, {"attributes", "droppedAttributesCount"});
        attributes(rs["resource"].value("attributes", json::array()), "resource.attributes");
      }
      for (const auto& ss : list(rs["scopeSpans"], "scopeSpans")) {
        fields(ss, "scopeSpans", {"spans"}, {"scope", "schemaUrl"});
        if (ss.contains("scope"))
          fields(ss["scope"], "scope", {}, {"name", "version", "attributes", "droppedAttributesCount"});
        for (const auto& s : list(ss["spans"], "spans"))
          span(s);
      }
    }
  }

  void span(const json& s) {
    fields(s, "span", {"traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano"},
           {"traceState", "parentSpanId", "flags", "attributes", "droppedAttributesCount", "events",
            "droppedEventsCount", "links", "droppedLinksCount", "status"});
    id(s["traceId"], "traceId", 32);
    id(s["spanId"], "spanId", 16);
    if (s.contains("parentSpanId"))
      id(s["parentSpanId"], "parentSpanId", 16);
    if (s.contains("traceState"))
      text(s["traceState"], "traceState");
    if (s.contains("flags"))
      number(s["flags"], "flags", 0x3ff);
    text(s["name"], "name", false);
    number(s["kind"], "kind", 5);
    const auto begun = decimal<std::uint64_t>(s["startTimeUnixNano"], "startTimeUnixNano");
    const auto ended = decimal<std::uint64_t>(s["endTimeUnixNano"], "endTimeUnixNano");
    if (ended < begun)
      fail(s["name"], "ends before it begins");
    attributes(s.value("attributes", json::array()), "attributes");
    for (const auto* count : {"droppedAttributesCount", "droppedEventsCount"})
      if (s.contains(count))
        number(s[count], count, 0xffffffff);
    for (const auto& e : list(s.value("events", json::array()), "events")) {
      fields(e, "event", {"timeUnixNano", "name"}, {"attributes", "droppedAttributesCount"});
      decimal<std::uint64_t>(e["timeUnixNano"], "timeUnixNano");
      text(e["name"], "event.name", false);
      attributes(e.value("attributes", json::array()), "event.attributes");
    }
    if (s.contains("status")) {
      fields(s["status"], "status", {}, {"code", "message"});
      if (s["status"].contains("code"))
        number(s["status"]["code"], "status.code", 2);
      if (s["status"].contains("message") && s["status"].value("code", 0) != 2)
        fail(s["name"], "has a message without an error");
    }
    spans_.push_back(s);
  }

  void ids_are_unique() const {
    std::set<std::string> seen;
    for (const auto& s : spans_)
      if (!seen.insert(s["spanId"]).second)
        fail("spanId", s["spanId"].dump() + " is there twice");
  }

  std::vector<json> spans_;
};

}  // namespace weir_test
