#include <weir/runtime/trace/trace_context.hpp>

#include <algorithm>
#include <charconv>
#include <set>

namespace weir {

namespace {

constexpr std::string_view version_00 = "00";
constexpr std::string_view version_invalid = "ff";
constexpr std::size_t length_00 = 55;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// Of at most 16 hex digits.
std::uint64_t from_hex(std::string_view digits) {
  std::uint64_t n = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), n, 16);
  return n;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_key(std::string_view key) {
  constexpr std::size_t key_bytes_max = 256;
  const auto starts = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !key.empty() && key.size() <= key_bytes_max && starts(key.front()) &&
         std::all_of(key.begin(), key.end(), [&](char c) {
           return starts(c) || std::string_view{"_-*/@"}.find(c) != std::string_view::npos;
         });
}

/// Without the blanks around it.
bool is_value(std::string_view text) {
  constexpr std::size_t value_bytes_max = 256;
  return !text.empty() && text.size() <= value_bytes_max && std::all_of(text.begin(), text.end(), [](char c) {
    return c >= 0x20 && c <= 0x7e && c != ',' && c != '=';
  });
}

bool is_state(std::string_view text) {
  if (text.size() > trace_context::state_bytes_max)
    return false;
  std::set<std::string_view> keys;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    const auto member = trimmed(text.substr(at, end - at));
    at = end + 1;
    if (member.empty())
      continue;
    const auto equals = member.find('=');
    if (equals == std::string_view::npos || !is_key(member.substr(0, equals)) ||
        !is_value(member.substr(equals + 1)) || !keys.insert(member.substr(0, equals)).second)
      return false;
  }
  return keys.size() <= trace_context::state_members_max;
}

}  // namespace

std::optional<trace_context> trace_context::parse(std::string_view traceparent, std::string_view tracestate) {
  const auto text = traceparent;
  if (text.size() < length_00)
    return std::nullopt;
  const auto version = text.substr(0, 2);
  const auto trace = text.substr(3, 32);
  const auto parent = text.substr(36, 16);
  const auto bits = text.substr(53, 2);
  if (text[2] != '-' || text[35] != '-' || text[52] != '-' || !is_hex(version) || !is_hex(trace) ||
      !is_hex(parent) || !is_hex(bits) || version == version_invalid)
    return std::nullopt;
  // A later version may add fields, and give other flags a meaning that is not known here.
  const auto later = version != version_00;
  if (text.size() > length_00 && (!later || text[length_00] != '-'))
    return std::nullopt;
  trace_context c;
  c.trace_high = from_hex(trace.substr(0, 16));
  c.trace_low = from_hex(trace.substr(16));
  c.span = from_hex(parent);
  c.flags = static_cast<std::uint8_t>(from_hex(bits) & (later ? sampled_flag : 0xff));
  if ((c.trace_high == 0 && c.trace_low == 0) || c.span == 0)
    return std::nullopt;
  if (const auto state = trimmed(tracestate); is_state(state))
    c.state = state;
  return c;
}

std::string trace_context::traceparent() const {
  constexpr std::string_view digits = "0123456789abcdef";
  auto text = std::string{version_00} + '-' + trace_id() + '-' + span_id() + '-';
  text += digits[flags >> 4];
  text += digits[flags & 0xf];
  return text;
}

std::string trace_context::trace_id() const {
  return detail::hex(trace_high) + detail::hex(trace_low);
}

std::string trace_context::span_id() const {
  return detail::hex(span);
}

std::string detail::hex(std::uint64_t id) {
  std::string text(16, '0');
  for (auto at = text.size(); id != 0; id >>= 4)
    text[--at] = "0123456789abcdef"[id & 0xf];
  return text;
}

}  // namespace weir
