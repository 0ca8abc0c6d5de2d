#include <weir/runtime/launcher/place.hpp>

#include <array>
#include <cstdio>

namespace weir::config {

namespace {

void append_code(std::string& out, unsigned code) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\u%04X", code);
  out += text.data();
}

/// Whether U+0080 to U+009F stands at `i`: terminals obey them as they do ESC and a letter.
bool is_late_control(std::string_view text, std::size_t i) {
  return text[i] == '\xC2' && i + 1 < text.size() && (static_cast<unsigned char>(text[i + 1]) & 0xE0) == 0x80;
}

void append_escaped(std::string& out, char c, bool in_quotes) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '\n')
    out += "\\n";
  else if (c == '\t')
    out += "\\t";
  else if (c == '\r')
    out += "\\r";
  else if (byte < 0x20 || byte == 0x7f) {
    append_code(out, byte);
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
  for (std::size_t i = 0; i < shown.size(); ++i)
    if (is_late_control(shown, i))
      append_code(out, static_cast<unsigned char>(shown[++i]));
    else
      append_escaped(out, shown[i], in_quotes);
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
