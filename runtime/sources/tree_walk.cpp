#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/sources/tree_walk.hpp>

#include <climits>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/stat.h>

namespace weir::detail {

namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

/// A path for a message: in one line, and not cut where the system could still open it.
std::string shown(const std::string& path) {
  return config::quoted(path, PATH_MAX);
}

bool has_vanished(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

}  // namespace

tree_walk::tree_walk(std::string root, walk_rules rules) : rules_(std::move(rules)), path_(std::move(root)) {}

void tree_walk::leave_out(const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    const auto slash = path.rfind('/');
    const auto folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    struct stat status {};
    if (::stat(folder.c_str(), &status) == 0)
      left_out_.push_back({status.st_dev, status.st_ino, path.substr(slash + 1)});
  }
}

bool tree_walk::is_left_out(const folder& in, const std::string& name) const {
  return std::any_of(left_out_.begin(), left_out_.end(), [&](const left_out& file) {
    return file.inode == in.inode && file.device == in.device && file.name == name;
  });
}

caf::expected<std::optional<found_path>> tree_walk::next(const context& ctx) {
  if (!std::exchange(started_, true)) {
    struct stat status {};
    if (::stat(path_.c_str(), &status) == 0 && S_ISREG(status.st_mode))
      return std::optional{found_path{path_}};
    if (auto error = enter_root(ctx))
      return error;
  }
  while (!levels_.empty() && !ctx.canceled()) {
    auto& top = levels_.back();
    path_.resize(top.path_bytes);
    if (top.next == top.content.entries.size()) {
      const auto error = top.content.error;
      levels_.pop_back();
      if (error != 0)
        return std::optional{found_path{path_, trouble("cannot be read to its end: " + reason(error))}};
      continue;
    }
    const auto& entry = top.content.entries[top.next++];
    path_ += entry.name;
    switch (entry.kind) {
      case entry_kind::file:
        if (is_left_out(top.content, entry.name))
          break;
        return std::optional{found_path{path_}};
      case entry_kind::folder:
        if (auto unreadable = enter(ctx, entry.name))
          return std::optional{found_path{path_, std::move(unreadable)}};
        break;
      case entry_kind::special:
        return std::optional{found_path{path_, trouble("is a socket, a named pipe or a device")}};
      case entry_kind::broken:
        return std::optional{
            found_path{path_, trouble("is a symbolic link that leads nowhere: " + reason(entry.error))}};
      case entry_kind::link:
        break;
    }
  }
  return std::optional<found_path>{};
}

caf::error tree_walk::enter_root(const context& ctx) {
  level root;
  root.match = rules_.match.start();
  root.exclude = rules_.exclude.start();
  root.content = read(ctx, true, root.match, root.exclude);
  if (root.content.error != 0 && root.content.entries.empty())
    return make_error(ec::io,
                      "root: the folder " + shown(path_) + " cannot be read: " + reason(root.content.error));
  if (!path_.ends_with('/'))
    path_ += '/';
  root.path_bytes = path_.size();
  levels_.push_back(std::move(root));
  return {};
}

/// Goes into the folder at `path_`; an error if it can't be read.
caf::error tree_walk::enter(const context& ctx, const std::string& name) {
  level below;
  below.match = rules_.match.below(levels_.back().match, name);
  below.exclude = rules_.exclude.below(levels_.back().exclude, name);
  if (!glob_set::is_open(below.match))
    return {};
  below.content = read(ctx, rules_.follow_symlinks, below.match, below.exclude);
  const auto error = below.content.error;
  if (error != 0 && below.content.entries.empty())
    return has_vanished(error) ? caf::error{} : trouble("cannot be read: " + reason(error));
  const auto same = std::find_if(levels_.begin(), levels_.end(), [&](const level& above) {
    return above.content.device == below.content.device && above.content.inode == below.content.inode;
  });
  if (same != levels_.end())
    return trouble("is a symbolic link back to the folder " + shown(path_.substr(0, same->path_bytes)) +
                   " above it");
  path_ += '/';
  below.path_bytes = path_.size();
  levels_.push_back(std::move(below));
  return {};
}

bool tree_walk::wants(const folder_entry& entry, const glob_set::place& match, const glob_set::place& exclude,
                      std::size_t depth) const {
  if (!rules_.hidden && entry.name.starts_with('.'))
    return false;
  if (rules_.exclude.matches(exclude, entry.name))
    return false;
  switch (entry.kind) {
    case entry_kind::folder:
      return depth < rules_.depth_max.value_or(depth + 1);
    case entry_kind::special:
      return rules_.yield_special && rules_.match.matches(match, entry.name);
    case entry_kind::file:
    case entry_kind::broken:
      return rules_.match.matches(match, entry.name);
    case entry_kind::link:
      break;
  }
  return false;
}

folder tree_walk::read(const context& ctx, bool follow_itself, const glob_set::place& match,
                       const glob_set::place& exclude) const {
  const auto depth = levels_.size() + 1;
  return read_folder(ctx, path_, {.follow_itself = follow_itself, .follow_entries = rules_.follow_symlinks},
                     [&](const folder_entry& entry) { return wants(entry, match, exclude, depth); });
}

caf::error tree_walk::trouble(const std::string& what) const {
  return make_error(ec::io, shown(path_) + ' ' + what);
}

}  // namespace weir::detail
