#pragma once

/// Where a value of a flow's config comes from: a position in a file, or an option of the command
/// line. A small value; copies share the name of the file.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace weir::config {

struct place {
  std::shared_ptr<const std::string> origin;  ///< the file's name, or the option as it was written
  std::uint32_t line = 0;                     ///< from 1; 0: the origin as a whole
  std::uint32_t column = 0;                   ///< from 1

  place() = default;
  explicit place(std::string from, std::uint32_t at_line = 0, std::uint32_t at_column = 0)
      : origin(std::make_shared<const std::string>(std::move(from))), line(at_line), column(at_column) {}
};

/// "file:line:column", or the origin alone. Printable in one line.
[[nodiscard]] std::string to_string(const place& p);

/// `text` for a message of one line: control characters are escaped as TOML does, UTF-8 stays; cut
/// after `bytes_max` with "…".
[[nodiscard]] std::string printable(std::string_view text, std::size_t bytes_max = 200);

/// `printable` between double quotes, with quotes and backslashes escaped: a TOML string.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t bytes_max = 200);

}  // namespace weir::config
