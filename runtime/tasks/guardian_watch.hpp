#pragma once

/// What the guardian process does from its birth to its end. It was forked from a process with
/// threads, so everything here keeps to async-signal-safe calls: no allocation, no lock, no stdio.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::guardian {

/// The table: 0 is free, `reserved` is taken by a command that has not started, else a process group.
struct group_table {
  std::atomic<std::int32_t>* entries;
  std::size_t count;
};

inline constexpr std::int32_t reserved = -1;

/// Sends KILL to every group in `table`.
void kill_groups(group_table table) noexcept;

/// The guardian's main: lets go of everything but `lifeline`, waits until its other end is closed,
/// then ends all groups in `table` and all processes whose environment contains `id`. All signals
/// must be blocked already.
[[noreturn]] void watch(int lifeline, group_table table, std::string_view id) noexcept;

}  // namespace weir::guardian
