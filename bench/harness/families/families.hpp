#pragma once

/// Each family in a file of its own.

#include "../contestants.hpp"
#include "../family.hpp"

namespace bench {

[[nodiscard]] family known_range(const places& at);
[[nodiscard]] family one_at_a_time(const places& at);
[[nodiscard]] family work(const places& at, const std::string& mix);
[[nodiscard]] family latency(const places& at, const std::string& percentile);
[[nodiscard]] family idle(const places& at);
[[nodiscard]] family keyed(const places& at);
[[nodiscard]] family memory(const places& at, const std::string& bytes);
[[nodiscard]] family refusal(const places& at);
[[nodiscard]] family goodput(const places& at);
[[nodiscard]] family cancel(const places& at);
[[nodiscard]] family stages_in_a_row(const places& at);
[[nodiscard]] family sharded_map(const places& at);
[[nodiscard]] family nodes_short(const places& at);
[[nodiscard]] family nodes_blocks(const places& at);
[[nodiscard]] family nodes_latency(const places& at, const std::string& percentile);
[[nodiscard]] family nodes_wait(const places& at);
[[nodiscard]] family run_commands(const places& at, std::uint64_t commands);
[[nodiscard]] family checksum_flow(const places& at);
[[nodiscard]] family memory_of_a_flow(const places& at);

}  // namespace bench
