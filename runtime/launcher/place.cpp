#include <weir/runtime/launcher/place.hpp>

#include <array>
#include <cstdio>

namespace weir::config {

namespace {

void append_escaped(std::string& out, char c, bool in_quotes) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '\n')
    out += "\\n";
  else if (c == '\t')
    out += "\\t";
  else if (c == '\r')
    out += "\\r";
  else if (byte < 0x20 || byte == 0x7f) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "\\u%04X", byte);
    out += text.data();
  } else {
    if (in_quotes && (c == '"' || c == '\\'))
      out += '\\';
    out += c;
  }
}

std::string escaped(std::string_view text, std::size_t bytes_max, bool in_quotes) {
  std::string out;
  auto shown = text.substr(0, bytes_max);
  // A cut must not leave half of a UTF-8 sequence behind.
  if (shown.size() < text.size())
    while (!shown.empty() && (static_cast<unsigned char>(text[shown.size()]) & 0xC0) == 0x80)
      shown.remove_suffix(1);
  for (const char c : shown)
    append_escaped(out, c, in_quotes);
  if (shown.size() < text.size())
    out += "…";
  return out;
}

}  // namespace

std::string to_string(const place& p) {
  auto out = p.origin ? printable(*p.origin, 4096) : std::string{};
  if (p.line > 0)
    out += ':' + std::to_string(p.line) + ':' + std::to_string(p.column);
  return out;
}

std::string printable(std::string_view text, std::size_t bytes_max) {
  return escaped(text, bytes_max, false);
}

std::string quoted(std::string_view text, std::size_t bytes_max) {
  return '"' + escaped(text, bytes_max, true) + '"';
}

}  // namespace weir::config
