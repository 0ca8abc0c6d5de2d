#pragma once

/// A Markdown table that is also easy to read as plain text: columns are as wide as their widest cell.

#include <iosfwd>
#include <string>
#include <vector>

namespace bench {

class table {
public:
  enum class align { left, right };
  struct column {
    std::string title;
    align side = align::left;
  };

  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}

  /// As many cells as there are columns. A bar in a cell is escaped, a newline becomes a space.
  void add(std::vector<std::string> cells);

  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }

  void write(std::ostream& out) const;

private:
  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Three significant digits and no exponent: "0.0123", "1.23", "123", "12345".
[[nodiscard]] std::string rounded(double value);

}  // namespace bench
