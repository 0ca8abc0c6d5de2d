#pragma once

/// Durations and sizes as people write them: "250ms", "1h30min", "64KiB".

#include <weir/actors/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::config {

/// Reads numbers with units, one after the other and without spaces: ns, us, ms, s, min, h, d. A number may
/// have a fraction. Nothing if the text is not of that form or does not fit 64 bits of nanoseconds.
[[nodiscard]] std::optional<duration> parse_duration(std::string_view text);

/// The shortest text that `parse_duration` reads back as `d`, which is not negative.
[[nodiscard]] std::string to_text(duration d);

/// Reads bytes: a whole number with or without a unit: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);

/// The shortest text with a binary unit that `parse_size` reads back as `bytes`.
[[nodiscard]] std::string size_text(std::int64_t bytes);

inline constexpr const char* duration_form = R"(a string such as "250ms", "5s", "10min" or "1h30min")";
inline constexpr const char* size_form = R"(bytes, or a string such as "64KiB" or "1MiB")";

}  // namespace weir::config
