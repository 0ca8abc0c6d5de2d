#include "table.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <ostream>

namespace bench {

namespace {

/// Characters, not bytes: what continues a UTF-8 sequence takes no place of its own.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const auto c : text) {
    if (c == '|')
      out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

}  // namespace

void table::add(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  std::transform(cells.begin(), cells.end(), cells.begin(), escaped);
  rows_.push_back(std::move(cells));
}

void table::write(std::ostream& out) const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    auto w = std::max<std::size_t>(width(columns_[c].title), 3);
    for (const auto& row : rows_)
      w = std::max(w, width(row[c]));
    widths.push_back(w);
  }
  const auto cell = [&](std::size_t c, const std::string& text) {
    const std::string space(widths[c] - width(text), ' ');
    out << (columns_[c].side == align::right ? " " + space + text : " " + text + space) << " |";
  };
  out << '|';
  for (std::size_t c = 0; c < columns_.size(); ++c)
    cell(c, columns_[c].title);
  out << "\n|";
  for (std::size_t c = 0; c < columns_.size(); ++c)
    cell(c, std::string(widths[c] - 1, '-') + (columns_[c].side == align::right ? ':' : '-'));
  out << '\n';
  for (const auto& row : rows_) {
    out << '|';
    for (std::size_t c = 0; c < columns_.size(); ++c)
      cell(c, row[c]);
    out << '\n';
  }
}

std::string rounded(double value) {
  const auto magnitude = value == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::abs(value))));
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", std::max(0, 2 - magnitude), value);
  return text;
}

}  // namespace bench
