#include <weir/runtime/sinks/json_text.hpp>
#include <weir/runtime/sinks/table_text.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace weir::detail {

namespace {

template <class Number>
std::string formatted(const char* format, Number n) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, n);
  return text.data();
}

// The code point of a well-formed sequence of up to 3 bytes; longer ones are never controls.
unsigned code_point(std::string_view sequence) {
  const auto byte = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(sequence[i]); };
  switch (sequence.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
    case 3:
      return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    default:
      return 0x10000;
  }
}

bool is_control(unsigned code) {
  return code < 0x20 || (code >= 0x7f && code < 0xA0) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

std::string shown(std::string_view sequence) {
  const auto code = code_point(sequence);
  if (code == '\n')
    return "\\n";
  if (code == '\t')
    return "\\t";
  if (code == '\r')
    return "\\r";
  return is_control(code) ? formatted("\\u%04X", code) : std::string{sequence};
}

}  // namespace

std::string table_text(const value& v) {
  if (const auto* d = std::get_if<double>(&v))
    return formatted("%.6g", *d);
  const auto* text = std::get_if<std::string>(&v);
  if (!text)
    return to_text(v);
  std::string out;
  std::string_view rest{*text};
  while (!rest.empty()) {
    const auto length = utf8_length(rest);
    const auto piece =
        length == 0 ? formatted("\\x%02X", static_cast<unsigned>(static_cast<unsigned char>(rest.front())))
                    : shown(rest.substr(0, length));
    if (out.size() + piece.size() > table_cell_bytes_max)
      return out + "…";
    out += piece;
    rest.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::size_t width_of(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace weir::detail
