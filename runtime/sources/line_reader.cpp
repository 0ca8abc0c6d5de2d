#include <weir/runtime/sources/line_reader.hpp>

#include <array>
#include <cerrno>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>

namespace weir::detail {

caf::expected<std::optional<std::string>> line_reader::next(const context& ctx) {
  while (!ctx.canceled()) {
    const auto at = buffer_.find(bounds_.delimiter, scanned_);
    scanned_ = at == std::string::npos ? buffer_.size() : at;
    const auto bytes = scanned_ - begin_;
    if (bytes > bounds_.line_bytes_max)
      return too_long();
    if (at != std::string::npos)
      return std::optional{cut(bytes, 1)};
    if (ended_ && bytes == 0)
      break;
    if (ended_)
      return std::optional{cut(bytes, 0)};
    if (auto error = fill(ctx))
      return error;
  }
  return std::optional<std::string>{};
}

std::string line_reader::cut(std::size_t bytes, std::size_t delimiter_bytes) {
  auto line = buffer_.substr(begin_, bytes);
  begin_ += bytes + delimiter_bytes;
  scanned_ = begin_;
  ++number_;
  return line;
}

caf::error line_reader::fill(const context& ctx) {
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  const auto held = buffer_.size();
  while (true) {
    auto ready = wait(ctx);
    if (!ready)
      return ready.error();
    if (!*ready)
      return {};
    buffer_.resize(held + block_bytes);
    const auto n = ::read(fd_, buffer_.data() + held, block_bytes);
    const int error = errno;
    buffer_.resize(held + static_cast<std::size_t>(n > 0 ? n : 0));
    ended_ = n == 0;
    if (n >= 0)
      return {};
    if (error != EINTR && error != EAGAIN)
      return unreadable(error);
  }
}

caf::expected<bool> line_reader::wait(const context& ctx) {
  // Most reads find bytes at once; only a real wait pays for a way to be woken.
  pollfd input{fd_, POLLIN, 0};
  if (::poll(&input, 1, 0) == 1)
    return true;
  if (!wake_)
    wake_ = unique_fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!wake_)
    return unreadable(errno);
  const auto woken = ctx.on_cancel([fd = wake_.get()] { ::eventfd_write(fd, 1); });
  std::array<pollfd, 2> waits{input, pollfd{wake_.get(), POLLIN, 0}};
  while (!ctx.canceled()) {
    if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR)
      return unreadable(errno);
    if (waits[0].revents != 0)
      return true;
  }
  return false;
}

caf::error line_reader::too_long() const {
  return make_error(ec::failed, "line " + std::to_string(number_ + 1) + " of " + name_ +
                                    " is longer than max_line = " + std::to_string(bounds_.line_bytes_max) +
                                    " bytes; raise max_line, or check the delimiter");
}

caf::error line_reader::unreadable(int error) const {
  return make_error(ec::io, "cannot read " + name_ + " after line " + std::to_string(number_) + ": " +
                                std::generic_category().message(error));
}

}  // namespace weir::detail
