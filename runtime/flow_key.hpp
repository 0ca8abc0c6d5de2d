#pragma once

/// Which jobs of a flow's stage belong together: those of which one text is equal.

#include <weir/runtime/record.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

struct flow_key {
  enum class by : std::uint8_t {
    item,    ///< the item's text, as the source gave it
    folder,  ///< what stands in it before the last "/"; nothing if it has none
    field,   ///< a field of the record that the stage before made; nothing if that has none of the name
  };

  by what = by::item;
  std::string name = {};  ///< the field's

  static constexpr auto allowed = R"("item", "folder" or "field:NAME")";

  /// As a flow file has it, in one of the forms that are allowed.
  [[nodiscard]] static std::optional<flow_key> parse(std::string_view text);

  /// The text that counts. `made` is null ahead of the first stage.
  [[nodiscard]] std::string of(const item& from, const record* made) const;

  friend bool operator==(const flow_key&, const flow_key&) = default;
};

}  // namespace weir
