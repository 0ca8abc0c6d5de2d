#pragma once

/// Reads a regular file block by block, for tasks that pass once over its bytes.
///
/// Memory: one block for each thread that ever called, kept for the next file. Cost for a small file:
/// openat, fstat, read, close. A named pipe or a device is refused, not waited for.

#include <weir/actors/context.hpp>

#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace weir::detail {

inline constexpr std::size_t read_block_bytes = std::size_t{128} * 1024;

/// Calls `take` with each block in turn and returns how many bytes there were. Between blocks it looks
/// at `ctx` and gives up with `ctx.error()`. Errors: `ec::io`, naming the file and the system's reason.
/// Blocks on the disk.
[[nodiscard]] caf::expected<std::uint64_t> read_file(const context& ctx, const std::string& path,
                                                     const std::function<void(std::string_view)>& take);

}  // namespace weir::detail
