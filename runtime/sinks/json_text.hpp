#pragma once

/// Pieces of JSON, appended to a text.

#include <weir/runtime/record.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::detail {

/// The length of the well-formed UTF-8 sequence that `text` starts with; 0 if there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

/// A JSON string. Bytes that are not UTF-8 become U+FFFD each; false if there was one.
bool append_json(std::string& out, std::string_view text);

/// null, a boolean or a number; NaN and the infinities, which JSON has not, are null. A text as above.
bool append_json(std::string& out, const value& v);

/// RFC 4648, with padding.
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace weir::detail
