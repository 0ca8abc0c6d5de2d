#include <weir/actors/error.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/system/unique_fd.hpp>
#include <weir/runtime/tasks/read_file.hpp>

#include <cerrno>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

namespace weir::detail {

namespace {

constexpr std::size_t shown_path_bytes = 4096;
// Below this the kernel's own read-ahead has the whole file anyway.
constexpr off_t sequential_bytes_min = off_t{1} << 20;

caf::error unreadable(const std::string& path, int error) {
  return make_error(ec::io, "cannot read " + config::quoted(path, shown_path_bytes) + ": " +
                                std::generic_category().message(error));
}

caf::error not_regular(const std::string& path, mode_t mode) {
  if (S_ISDIR(mode))
    return unreadable(path, EISDIR);
  return make_error(ec::io, "cannot read " + config::quoted(path, shown_path_bytes) + ": it is a " +
                                (S_ISFIFO(mode) ? "named pipe" : "device") + "; allowed: a regular file");
}

std::vector<char>& block_of_this_thread() {
  thread_local std::vector<char> block(read_block_bytes);
  return block;
}

}  // namespace

caf::expected<std::uint64_t> read_file(const context& ctx, const std::string& path,
                                       const std::function<void(std::string_view)>& take) {
  if (path.find('\0') != std::string::npos)
    return make_error(ec::io, "cannot read " + config::quoted(path, shown_path_bytes) +
                                  ": a NUL byte can't be part of a path");
  // Without O_NONBLOCK the open of a named pipe would wait for its writer, deaf to a cancel.
  const unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0)
    return unreadable(path, errno);
  if (!S_ISREG(status.st_mode))
    return not_regular(path, status.st_mode);
  if (status.st_size >= sequential_bytes_min)
    ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  auto& block = block_of_this_thread();
  std::uint64_t total = 0;
  while (!ctx.canceled()) {
    const auto n = ::read(file.get(), block.data(), block.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return unreadable(path, errno);
    if (n == 0)
      return total;
    const auto bytes = static_cast<std::size_t>(n);
    take({block.data(), bytes});
    total += bytes;
    // A short read that reaches the size is the end: one call less for each small file. Files whose
    // size is said to be 0, as in /proc, are read until a read finds nothing.
    if (bytes < block.size() && status.st_size > 0 && total >= static_cast<std::uint64_t>(status.st_size))
      return total;
  }
  return ctx.error();
}

}  // namespace weir::detail
