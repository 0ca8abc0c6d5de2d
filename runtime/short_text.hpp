#pragma once

/// Numbers as a person reads them.

#include <weir/actors/clock.hpp>

#include <cstdint>
#include <string>

namespace weir {

/// A duration, with two or three digits that matter: "351 ms", "2.01 s", "3 min 05 s".
[[nodiscard]] std::string short_text(duration d);

/// Whole seconds, at least a minute of them: "3 min 05 s", "25 h 01 min".
[[nodiscard]] std::string in_minutes(std::int64_t seconds);

/// A rate: "1234", "52.3", "0.25".
[[nodiscard]] std::string short_text(double number);

}  // namespace weir
