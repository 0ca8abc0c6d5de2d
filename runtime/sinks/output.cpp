#include <weir/actors/error.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/sinks/output.hpp>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace weir::detail {

namespace {

constexpr std::size_t shown_path_bytes = 4096;
constexpr int lock_tries_max = 8;

std::string shown(const std::string& path) {
  return config::quoted(path, shown_path_bytes);
}

caf::error refused(const std::string& path, const std::string& why) {
  return make_error(ec::io, shown(path) + ' ' + why);
}

caf::error unwritable(const std::string& path, const std::string& why) {
  return make_error(ec::io, "cannot write to " + shown(path) + ": " + why);
}

caf::error unwritable(const std::string& path, int error) {
  return unwritable(path, std::generic_category().message(error));
}

bool exists(const std::string& path, struct stat& status) {
  return ::stat(path.c_str(), &status) == 0;
}

bool writable(const std::string& path, int access) {
  return ::faccessat(AT_FDCWD, path.c_str(), access, AT_EACCESS) == 0;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return path.substr(0, slash == 0 ? 1 : slash);
}

// Follows symbolic links, so that it is what they lead to that is replaced.
std::string resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&::free)> real{::realpath(path.c_str(), nullptr), &::free};
  return real ? real.get() : path;
}

caf::error check_old(const std::string& path, const struct stat& old) {
  if (S_ISDIR(old.st_mode))
    return refused(path, "is a folder; allowed: the path of a file, or \"-\" for standard output");
  if (S_ISSOCK(old.st_mode))
    return refused(path, "is a socket; allowed: the path of a file, or \"-\" for standard output");
  if (!writable(path, W_OK))
    return refused(path, "cannot be written to: " + std::generic_category().message(errno));
  return {};
}

caf::error check_folder(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode))
    return refused(path, "is a symbolic link that leads nowhere; make what it leads to, or remove it");
  if (path.ends_with('/'))
    return refused(path, "names no file; allowed: the path of a file, or \"-\" for standard output");
  return {};
}

}  // namespace

setting_spec output::path_setting() {
  return {.name = "path",
          .type = setting_type::text,
          .fallback = "-",
          .meaning =
              "where to write; \"-\": standard output; a file is replaced when the run is complete, one "
              "that ends early leaves its lines in PATH.partial"};
}

caf::expected<output> output::to(const settings& given) {
  output made{given.get<std::string>("path")};
  if (const auto error = made.inspect())
    return make_error(ec::invalid_option, "path: " + text_of(error));
  return made;
}

output output::to_file(std::string path) {
  output made{std::move(path)};
  made.refused_ = made.inspect();
  return made;
}

caf::error output::inspect() {
  if (path_ == "-")
    return {};
  if (path_.empty())
    return refused(path_, "is no path; allowed: the path of a file, or \"-\" for standard output");
  struct stat old {};
  const auto replaces = exists(path_, old);
  if (auto error = replaces ? check_old(path_, old) : check_folder(path_))
    return error;
  direct_ = replaces && !S_ISREG(old.st_mode);
  if (direct_)
    return {};
  if (replaces)
    path_ = resolved(path_);
  const auto folder = folder_of(path_);
  if (!writable(folder, W_OK | X_OK))
    return refused(path_, "cannot be made in the folder " + shown(folder) + ": " +
                              std::generic_category().message(errno));
  return {};
}

std::vector<std::string> output::files() const {
  if (direct_)
    return {};
  if (path_ != "-")
    return {given_, path_, partial()};
  struct stat status {};
  if (::fstat(STDOUT_FILENO, &status) != 0 || !S_ISREG(status.st_mode))
    return {};
  return {resolved("/proc/self/fd/" + std::to_string(STDOUT_FILENO))};
}

caf::error output::put(std::string_view lines) {
  if (auto error = open())
    return error;
  return lines_->put(lines);
}

caf::error output::flush() {
  return lines_ ? lines_->flush() : caf::error{};
}

caf::error output::finish() {
  if (auto error = open())
    return error;
  if (auto error = lines_->flush())
    return error;
  if (path_ == "-" || direct_)
    return {};
  struct stat old {};
  if (exists(path_, old))
    ::fchmod(file_.get(), old.st_mode & 07777);
  // The name must not come to stand for bytes that a crash of the system would lose. Some file systems
  // know no fsync and say EINVAL.
  if (::fsync(file_.get()) != 0 && errno != EINVAL)
    return unwritable(partial(), errno);
  if (::rename(partial().c_str(), path_.c_str()) != 0)
    return unwritable(path_, errno);
  file_.reset();
  return {};
}

caf::error output::open() {
  if (refused_)
    return refused_;
  if (lines_)
    return {};
  if (path_ == "-") {
    if (::fcntl(STDOUT_FILENO, F_GETFL) < 0)
      return make_error(ec::io, "standard output is closed; give the sink a path");
    lines_.emplace(STDOUT_FILENO, "standard output");
    return {};
  }
  if (auto error = direct_ ? open_special() : open_partial())
    return error;
  lines_.emplace(file_.get(), shown(path_));
  return {};
}

caf::error output::open_special() {
  // Without O_NONBLOCK the open of a named pipe would wait for its reader, deaf to a cancel.
  file_ = unique_fd{::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
  if (file_)
    return {};
  if (errno == ENXIO)
    return unwritable(path_, "nobody reads from this named pipe; start its reader first");
  return unwritable(path_, errno);
}

caf::error output::open_partial() {
  const auto name = partial();
  for (int tries = 0; tries < lock_tries_max; ++tries) {
    unique_fd file{
        ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0666)};
    struct stat opened {};
    if (!file || ::fstat(file.get(), &opened) != 0)
      return unwritable(name, errno);
    if (!S_ISREG(opened.st_mode))
      return unwritable(name, "it is no regular file; remove it");
    // A file system without locks says so by another error; there the check falls away.
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      return unwritable(path_, "another run is writing to it (" + shown(name) +
                                   " is locked); wait for its end, or choose another path");
    // A run before this one may have renamed the file between the open and the lock.
    struct stat named {};
    if (!exists(name, named) || named.st_ino != opened.st_ino || named.st_dev != opened.st_dev)
      continue;
    if (::ftruncate(file.get(), 0) != 0)
      return unwritable(name, errno);
    file_ = std::move(file);
    return {};
  }
  return unwritable(path_, "other runs keep writing to it; choose another path");
}

}  // namespace weir::detail
