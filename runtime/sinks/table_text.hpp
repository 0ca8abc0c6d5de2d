#pragma once

/// Values as a person reads them in a table.

#include <weir/runtime/record.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::detail {

inline constexpr std::size_t table_cell_bytes_max = 240;

/// `v` on one line, cut after `table_cell_bytes_max` with "…": fractions to 6 digits; control characters
/// and those that turn the direction of text as \n, \t, \r or \u001B, bytes that are not UTF-8 as \xFF.
[[nodiscard]] std::string table_text(const value& v);

/// How many places `text`, which is UTF-8, takes: one for each code point.
[[nodiscard]] std::size_t width_of(std::string_view text) noexcept;

}  // namespace weir::detail
