#include <weir/runtime/launcher/console.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <cerrno>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace weir::config {

namespace {

constexpr std::string_view clear_line = "\r\033[K";
constexpr std::size_t width_default = 80;

class console_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit console_sink(console& to) : to_(to) {}

protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    std::string_view line{text.data(), text.size()};
    while (line.ends_with('\n'))
      line.remove_suffix(1);
    to_.line(line);
  }
  void flush_() override {}

private:
  console& to_;
};

/// The first `columns` characters of UTF-8.
std::string_view cut(std::string_view text, std::size_t columns) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80 && ++seen > columns)
      return text.substr(0, i);
  return text;
}

void use_as_weir(const std::shared_ptr<spdlog::logger>& logger) {
  spdlog::drop("weir");
  if (logger)
    spdlog::register_logger(logger);
}

}  // namespace

std::string without_end(std::string text) {
  while (text.ends_with('\n'))
    text.pop_back();
  return text;
}

console::console(int fd, bool live) : fd_(fd), live_(live) {}

console::~console() {
  status({});
}

void console::line(std::string_view text) {
  std::lock_guard guard{mutex_};
  std::string out;
  if (!status_.empty())
    out += clear_line;
  out += text;
  out += '\n';
  out += shown_status();
  write(out);
}

void console::status(std::string text) {
  std::lock_guard guard{mutex_};
  if (!live_ || (text.empty() && status_.empty()))
    return;
  status_ = std::move(text);
  write(std::string{clear_line} + shown_status());
}

void console::beside(const std::function<void()>& write_lines) {
  std::lock_guard guard{mutex_};
  if (!status_.empty())
    write(clear_line);
  write_lines();
  write(shown_status());
}

std::shared_ptr<spdlog::logger> console::make_logger(const std::string& name) {
  auto logger = std::make_shared<spdlog::logger>(name, std::make_shared<console_sink>(*this));
  logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %l: %v");
  return logger;
}

std::string console::shown_status() const {
  if (status_.empty())
    return {};
  winsize size{};
  const auto known = ::ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  // A line as wide as the terminal would wrap, and could not be taken back.
  return std::string{cut(status_, (known ? size.ws_col : width_default) - 1)};
}

void console::write(std::string_view text) const {
  while (!text.empty()) {
    const auto n = ::write(fd_, text.data(), text.size());
    if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && errno == EAGAIN) {
      // Somebody else made the shared terminal non-blocking.
      pollfd ready{fd_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (n == 0 || errno != EINTR) {
      return;
    }
  }
}

logs_to_console::logs_to_console(console& to, bool only_trouble) : before_(spdlog::get("weir")) {
  auto logger = to.make_logger("weir");
  if (only_trouble)
    logger->set_level(spdlog::level::warn);
  use_as_weir(logger);
}

logs_to_console::~logs_to_console() {
  use_as_weir(before_);
}

}  // namespace weir::config
