#pragma once

/// `{a,b}` in a pattern spelled out, and the syntax of a pattern that this needs to know.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::detail {

/// The position after the set `[...]` that starts at `at`; npos if it has no end.
[[nodiscard]] std::size_t end_of_set(std::string_view pattern, std::size_t at) noexcept;

/// Every spelling of `pattern`, in order; nothing if a brace has no partner or there would be more
/// than `most`. A brace within a set or after a backslash is a character like any other.
[[nodiscard]] std::optional<std::vector<std::string>> spell_out_braces(const std::string& pattern,
                                                                       std::size_t most);

}  // namespace weir::detail
