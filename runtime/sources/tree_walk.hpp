#pragma once

/// Walks the tree below a root and yields the paths of its regular files, as `find ROOT -type f` prints
/// them, each folder's entries in the order of their bytes.
///
/// - Memory: the entries of the open folders, which are the ancestors of the current one. No descriptor
///   is held between calls, and nothing recurses: neither depth nor the length of a path is limited.
/// - Nothing but folders is ever opened.
/// - What vanishes during the walk is passed over in silence. A folder that can't be read, a symbolic
///   link that leads nowhere or back to a folder above it: each is yielded as unreadable, and the walk
///   goes on.
/// - Symbolic links are skipped or followed, as asked; the root itself is always followed. A file that
///   two links lead to is yielded twice.
/// Used by one thread.

#include <weir/actors/context.hpp>
#include <weir/runtime/sources/folder.hpp>
#include <weir/runtime/sources/glob.hpp>

#include <caf/expected.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace weir::detail {

struct walk_rules {
  glob_set match;    ///< the files to yield
  glob_set exclude;  ///< files to leave out, and folders not to enter
  bool follow_symlinks = false;
  bool yield_special = false;            ///< sockets, named pipes and devices, as unreadable; else skipped
  bool hidden = true;                    ///< also entries whose names start with a dot
  std::optional<std::size_t> depth_max;  ///< 1: only the files in the root itself
};

/// A regular file, or what is there in place of files that can't be read.
struct found_path {
  std::string path;
  caf::error unreadable = {};
};

class tree_walk {
public:
  tree_walk(std::string root, walk_rules rules);

  /// These files are not yielded, whatever path leads to their folders. One in a folder that can't be found
  /// is not among them.
  void leave_out(const std::vector<std::string>& paths);

  /// The next file; nothing at the end, or soon after `ctx` is canceled. The only error is a root that
  /// can't be read: `ec::io`, naming it. Blocks on the file system.
  caf::expected<std::optional<found_path>> next(const context& ctx);

private:
  // A folder on the way from the root to where the walk is.
  struct level {
    folder content;
    std::size_t path_bytes;  // of the folder's path with its slash
    std::size_t next = 0;
    glob_set::place match;
    glob_set::place exclude;
  };

  struct left_out {
    dev_t device;
    ino_t inode;  // of the folder
    std::string name;
  };

  [[nodiscard]] bool is_left_out(const folder& in, const std::string& name) const;
  caf::error enter_root(const context& ctx);
  [[nodiscard]] caf::error enter(const context& ctx, const std::string& name);
  [[nodiscard]] bool wants(const folder_entry& entry, const glob_set::place& match,
                           const glob_set::place& exclude, std::size_t depth) const;
  folder read(const context& ctx, bool follow_itself, const glob_set::place& match,
              const glob_set::place& exclude) const;
  [[nodiscard]] caf::error trouble(const std::string& what) const;

  walk_rules rules_;
  std::string path_;  // of the current entry
  bool started_ = false;
  std::vector<left_out> left_out_;
  std::vector<level> levels_;
};

}  // namespace weir::detail
