#include <weir/runtime/tasks/capture.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include <poll.h>

namespace weir::detail {

namespace {

constexpr std::size_t read_bytes = std::size_t{64} * 1024;

// The largest pipe that a user may ask for. What comes beyond it was written after the end.
constexpr std::size_t rest_bytes_max = std::size_t{1024} * 1024;

/// One for each thread that runs commands: they run one at a time.
char* read_buffer() {
  thread_local const auto buffer = std::make_unique<char[]>(read_bytes);
  return buffer.get();
}

}  // namespace

std::size_t capture::take(short revents) {
  if (!from_ || revents == 0)
    return 0;
  if ((revents & POLLIN) == 0) {
    from_.reset();
    return 0;
  }
  auto* buffer = read_buffer();
  const auto n = ::read(from_.get(), buffer, read_bytes);
  if (n < 0 && errno == EINTR)
    return 0;
  if (n <= 0) {
    from_.reset();
    return 0;
  }
  const auto got = static_cast<std::size_t>(n);
  const auto kept = std::min(got, bytes_max_ - text_.size());
  text_.append(buffer, kept);
  truncated_ = truncated_ || kept < got;
  return got;
}

void take_rest(capture& out, capture& err) {
  for (std::size_t taken = 0; taken < 2 * rest_bytes_max;) {
    std::array<pollfd, 2> ready{{{out.fd(), POLLIN, 0}, {err.fd(), POLLIN, 0}}};
    if ((out.fd() < 0 && err.fd() < 0) || ::poll(ready.data(), ready.size(), 0) <= 0)
      return;
    taken += out.take(ready[0].revents);
    taken += err.take(ready[1].revents);
  }
}

}  // namespace weir::detail
