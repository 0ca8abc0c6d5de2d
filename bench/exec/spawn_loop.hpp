#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// The floor of family E: one thread runs `program` with each of the numbers below `n` as its argument, up
/// to `at_once` of them at a time, and collects what each prints to stdout and stderr. Returns what went
/// wrong, or nothing.
std::string spawn_loop(const std::string& program, std::size_t n, std::size_t at_once);

}  // namespace bench
