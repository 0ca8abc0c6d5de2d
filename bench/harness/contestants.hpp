#pragma once

/// Contestants that several families have.

#include "family.hpp"

namespace bench {

/// Jobs of a contestant in the families of trivial jobs.
inline constexpr std::uint64_t trivial_jobs = 1'000'000;

/// A benchmark of one of our programs: the one whose name is `benchmark`.
[[nodiscard]] contestant in_process(const places& at, std::string name, const std::string& program,
                                    const std::string& benchmark, std::vector<target> targets = {});

/// A program that prints its figure.
[[nodiscard]] contestant printed_by(const places& at, std::string name, const std::string& program,
                                    std::vector<std::string> arguments, std::vector<target> targets = {});

/// The worker pool on buffered channels, as Go's users write it.
[[nodiscard]] contestant go_pool(const places& at, const std::string& capacity);

}  // namespace bench
