#include <weir/actors/error.hpp>
#include <weir/runtime/sinks/line_writer.hpp>
#include <weir/runtime/sinks/standard_output.hpp>

#include <cerrno>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir::detail {

namespace {

caf::error failure(const std::string& name, int error) {
  if (error == EPIPE)
    return make_error(ec::sink_closed, name + " was closed by its reader");
  return make_error(ec::io, "cannot write to " + name + ": " + std::generic_category().message(error));
}

}  // namespace

line_writer::line_writer(int fd, std::string name) : fd_(fd), name_(std::move(name)) {
  held_.reserve(buffer_bytes);
}

caf::error line_writer::put(std::string_view lines) {
  if (failed_)
    return failed_;
  if (held_.size() + lines.size() > buffer_bytes)
    if (auto error = flush())
      return error;
  if (lines.size() >= buffer_bytes)
    return write_out(lines);
  held_ += lines;
  return {};
}

caf::error line_writer::flush() {
  if (failed_ || held_.empty())
    return failed_;
  auto error = write_out(held_);
  held_.clear();
  return error;
}

caf::error line_writer::write_out(std::string_view bytes) {
  if (fd_ != STDOUT_FILENO)
    return write_now(bytes);
  caf::error error;
  write_to_standard_output([&] { error = write_now(bytes); });
  return error;
}

caf::error line_writer::write_now(std::string_view bytes) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const auto n = ::write(fd_, bytes.data() + written, bytes.size() - written);
    if (n >= 0) {
      written += static_cast<std::size_t>(n);
      continue;
    }
    if (errno == EINTR)
      continue;
    if (errno == EAGAIN) {
      pollfd room{fd_, POLLOUT, 0};
      if (::poll(&room, 1, -1) >= 0 || errno == EINTR)
        continue;
    }
    failed_ = failure(name_, errno);
    cut_back(bytes.substr(0, written));
    return failed_;
  }
  return {};
}

// Takes the beginning of a line away again, where nobody else has written behind it.
void line_writer::cut_back(std::string_view written) const {
  const auto whole = written.rfind('\n') + 1;  // npos + 1 is 0
  const auto excess = static_cast<off_t>(written.size() - whole);
  struct stat status {};
  if (excess == 0 || ::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode))
    return;
  if (::lseek(fd_, 0, SEEK_CUR) == status.st_size && ::ftruncate(fd_, status.st_size - excess) == 0)
    ::lseek(fd_, -excess, SEEK_CUR);
}

}  // namespace weir::detail
