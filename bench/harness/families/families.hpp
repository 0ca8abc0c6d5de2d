#pragma once

/// Each family in a file of its own.

#include "../contestants.hpp"
#include "../family.hpp"

namespace bench {

[[nodiscard]] family known_range(const places& at);
[[nodiscard]] family one_at_a_time(const places& at);
[[nodiscard]] family stages_in_a_row(const places& at);
[[nodiscard]] family sharded_map(const places& at);
[[nodiscard]] family run_commands(const places& at, std::uint64_t commands);
[[nodiscard]] family checksum_flow(const places& at);
[[nodiscard]] family memory_of_a_flow(const places& at);

}  // namespace bench
