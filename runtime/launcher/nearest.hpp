#pragma once

/// The known name that a person most likely meant.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

/// The name in `known` with the smallest edit distance to `given` (an exchange of neighbors counts
/// once, case counts nothing), or nothing if none is near: at most a third of the letters may
/// differ. Names longer than `nearest_length_max` are near to nothing. Cost: the product of both lengths for
/// each name.
[[nodiscard]] std::optional<std::string> nearest(std::string_view given,
                                                 const std::vector<std::string>& known);

inline constexpr std::size_t nearest_length_max = 64;

/// "; did you mean "x"?" or, if none is near, "; known: a, b, c".
[[nodiscard]] std::string suggestion(std::string_view given, const std::vector<std::string>& known);

/// "a, b, c".
[[nodiscard]] std::string joined(const std::vector<std::string>& names);

}  // namespace weir::config
