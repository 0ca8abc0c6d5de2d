#pragma once

/// One folder, read at once: its entries in the order of their bytes, so that a walk takes the same
/// way on each run. No descriptor stays open. Memory: the entries that are kept.

#include <weir/actors/context.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace weir::detail {

enum class entry_kind : std::uint8_t {
  file,     ///< a regular file
  folder,   ///< a folder
  link,     ///< a symbolic link that is not followed
  special,  ///< a socket, a named pipe, a device
  broken,   ///< a symbolic link whose end can't be reached; `error` says why
};

struct folder_entry {
  std::string name;
  entry_kind kind = entry_kind::file;
  int error = 0;
};

struct folder {
  std::vector<folder_entry> entries;
  dev_t device = 0;  ///< with `inode`: which folder it is, whatever path led there
  ino_t inode = 0;
  int error = 0;  ///< why it could not be opened, or not be read to its end; 0: it was
};

struct folder_request {
  bool follow_itself = false;   ///< the path's last name may be a symbolic link
  bool follow_entries = false;  ///< entries are what their symbolic links lead to
};

/// Reads the folder at `path`, which may be longer than the system's limit for a path. Keeps the
/// entries that `keep` wants. Blocks; gives up soon after `ctx` is canceled.
[[nodiscard]] folder read_folder(const context& ctx, const std::string& path, folder_request wanted,
                                 const std::function<bool(const folder_entry&)>& keep);

}  // namespace weir::detail
