#include <weir/runtime/launcher/document.hpp>
#include <weir/runtime/launcher/flow_text.hpp>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir::config {

namespace {

/// A descriptor that is closed at the end unless it is standard input.
class input {
public:
  explicit input(int fd) : fd_(fd) {}
  ~input() {
    if (fd_ > STDIN_FILENO)
      ::close(fd_);
  }
  input(const input&) = delete;
  input& operator=(const input&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }

private:
  int fd_;
};

std::string reason() {
  return std::generic_category().message(errno);
}

/// True for a file that can be read to its end. What may block for ever or has no end is refused
/// before it is read; a pipe is fine, as it is on standard input or of a shell's `<(…)`.
bool readable_kind(int fd, const place& at, problems& found) {
  struct stat s {};
  if (::fstat(fd, &s) != 0) {
    found.add(at, {}, "cannot be read: " + reason());
    return false;
  }
  if (S_ISREG(s.st_mode) || S_ISFIFO(s.st_mode) || (fd == STDIN_FILENO && !S_ISDIR(s.st_mode)))
    return true;
  found.add(at, {},
            S_ISDIR(s.st_mode) ? "is a directory; allowed: a flow file"
                               : "is not a regular file; allowed: a flow file");
  return false;
}

}  // namespace

std::string origin_of(const std::string& path) {
  return path == "-" ? "standard input" : path;
}

std::string default_flow_name(const std::string& path) {
  if (path == "-")
    return "stdin";
  auto name = printable(std::filesystem::path{path}.stem().string(), 90);
  return name.empty() ? "flow" : name;
}

std::optional<std::string> read_flow_text(const std::string& path, problems& found) {
  const place at{origin_of(path)};
  // Without O_NONBLOCK the open of a named pipe without a writer would wait for ever.
  const input in{path == "-" ? STDIN_FILENO
                             : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
  if (in.fd() < 0) {
    found.add(at, {}, "cannot be opened: " + reason());
    return std::nullopt;
  }
  if (!readable_kind(in.fd(), at, found))
    return std::nullopt;
  if (in.fd() != STDIN_FILENO)
    ::fcntl(in.fd(), F_SETFL, 0);
  std::string text;
  std::array<char, 16384> buffer{};
  while (text.size() <= document_bytes_max) {
    const auto n = ::read(in.fd(), buffer.data(), buffer.size());
    if (n == 0)
      break;
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      found.add(at, {}, "cannot be read: " + reason());
      return std::nullopt;
    }
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  if (text.starts_with("\xEF\xBB\xBF"))
    text.erase(0, 3);
  return text;
}

std::optional<node> read_document(const std::string& path, problems& found) {
  const auto text = read_flow_text(path, found);
  return text ? parse_document(*text, origin_of(path), found) : std::nullopt;
}

}  // namespace weir::config
