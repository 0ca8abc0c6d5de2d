#include <weir/runtime/sources/folder.hpp>
#include <weir/runtime/system/unique_fd.hpp>

#include <climits>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace weir::detail {

namespace {

constexpr std::size_t entries_between_looks = 1024;  // at the context

struct closes_directory {
  void operator()(DIR* d) const noexcept { ::closedir(d); }
};

using directory = std::unique_ptr<DIR, closes_directory>;

// A path beyond PATH_MAX is opened in hops, each from the folder that the one before has reached.
directory open_folder(const std::string& path, bool follow) {
  unique_fd base;
  std::string_view rest = path;
  int at = AT_FDCWD;
  while (rest.size() >= PATH_MAX) {
    const auto slash = rest.rfind('/', PATH_MAX - 2);
    if (slash == std::string_view::npos || slash == 0) {
      errno = ENAMETOOLONG;
      return {};
    }
    base =
        unique_fd{::openat(at, std::string{rest.substr(0, slash)}.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!base)
      return {};
    at = base.get();
    rest.remove_prefix(std::min(rest.find_first_not_of('/', slash), rest.size()));
  }
  const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY | (follow ? 0 : O_NOFOLLOW);
  const int fd = ::openat(at, std::string{rest}.c_str(), flags);
  if (fd < 0)
    return {};
  directory opened{::fdopendir(fd)};
  if (!opened)
    ::close(fd);
  return opened;
}

entry_kind kind_of(mode_t mode) {
  if (S_ISREG(mode))
    return entry_kind::file;
  if (S_ISDIR(mode))
    return entry_kind::folder;
  return S_ISLNK(mode) ? entry_kind::link : entry_kind::special;
}

// What an entry is; false if it has vanished.
bool classify(int at, const dirent& found, bool follow, folder_entry& entry) {
  struct stat status {};
  entry.kind = kind_of(DTTOIF(found.d_type));
  if (found.d_type == DT_UNKNOWN) {
    if (::fstatat(at, found.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
      return false;
    entry.kind = kind_of(status.st_mode);
  }
  if (entry.kind != entry_kind::link || !follow)
    return true;
  if (::fstatat(at, found.d_name, &status, 0) == 0) {
    entry.kind = kind_of(status.st_mode);
  } else {
    entry.kind = entry_kind::broken;
    entry.error = errno;
  }
  return true;
}

bool is_self_or_parent(std::string_view name) {
  return name == "." || name == "..";
}

}  // namespace

folder read_folder(const context& ctx, const std::string& path, folder_request wanted,
                   const std::function<bool(const folder_entry&)>& keep) {
  folder result;
  const auto open = open_folder(path, wanted.follow_itself);
  struct stat status {};
  if (!open || ::fstat(::dirfd(open.get()), &status) != 0) {
    result.error = errno;
    return result;
  }
  result.device = status.st_dev;
  result.inode = status.st_ino;
  for (std::size_t seen = 0; seen % entries_between_looks != 0 || !ctx.canceled(); ++seen) {
    errno = 0;
    const auto* found = ::readdir(open.get());
    if (found == nullptr) {
      result.error = errno;
      break;
    }
    folder_entry entry{found->d_name};
    if (!is_self_or_parent(entry.name) &&
        classify(::dirfd(open.get()), *found, wanted.follow_entries, entry) && keep(entry))
      result.entries.push_back(std::move(entry));
  }
  std::sort(result.entries.begin(), result.entries.end(),
            [](const folder_entry& a, const folder_entry& b) { return a.name < b.name; });
  return result;
}

}  // namespace weir::detail
