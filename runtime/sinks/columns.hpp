#pragma once

/// The columns of a sink that writes rows: the fields of the first record, with `name`, what the item is
/// called, before them, unless the record itself says so in a field `name`, `path` or `item`.

#include <weir/runtime/record.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace weir::detail {

class columns {
public:
  /// One row: a text for each column, empty where the record has no such field; and what has no column.
  struct row {
    std::vector<std::string> cells;
    std::vector<const field*> others;  ///< point into the record
  };

  using cell_text = std::string (*)(const value&);

  [[nodiscard]] bool known() const noexcept { return known_; }
  void take(const record& first);

  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

  /// The place of the column that says which item a row is of.
  [[nodiscard]] std::size_t item_column() const noexcept { return item_column_; }

  [[nodiscard]] row row_of(const item& from, const record& result, cell_text text) const;

private:
  bool known_ = false;
  bool name_leads_ = false;
  std::size_t item_column_ = 0;
  std::vector<std::string> names_;
};

}  // namespace weir::detail
