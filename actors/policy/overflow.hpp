#pragma once

/// What a door does with a job for which there is no slot.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace weir::policy {

enum class overflow : std::uint8_t {
  block,        ///< its caller waits for room
  reject,       ///< it is refused; between stages that is a failure of the item
  drop_newest,  ///< it is refused; between stages the item ends there, as dropped
  drop_oldest,  ///< the job that has waited longest without being started ends as canceled, to make room
  redirect,     ///< it goes to another stage instead; only in a flow, where there are others
};

inline constexpr std::array overflow_names{
    std::pair{overflow::block, std::string_view{"block"}},
    std::pair{overflow::reject, std::string_view{"reject"}},
    std::pair{overflow::drop_newest, std::string_view{"drop_newest"}},
    std::pair{overflow::drop_oldest, std::string_view{"drop_oldest"}},
    std::pair{overflow::redirect, std::string_view{"redirect"}},
};

[[nodiscard]] constexpr std::string_view to_string(overflow how) noexcept {
  for (const auto& [what, name] : overflow_names)
    if (what == how)
      return name;
  return {};
}

[[nodiscard]] constexpr std::optional<overflow> parse_overflow(std::string_view text) noexcept {
  for (const auto& [what, name] : overflow_names)
    if (name == text)
      return what;
  return std::nullopt;
}

}  // namespace weir::policy
