#pragma once

/// What a person sees of a run, on standard error: lines, and below them a status line that is redrawn in
/// place. On what is no terminal there is no status line. Thread-safe; a call blocks while the
/// terminal does not take output. What can't be written is dropped: there is nowhere left to say it.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace weir::config {

class console {
public:
  /// `live`: whether there is a status line.
  explicit console(int fd, bool live);

  /// Takes the status line away.
  ~console();

  console(const console&) = delete;
  console& operator=(const console&) = delete;

  /// Writes `text` as a line of its own above the status line.
  void line(std::string_view text);

  /// Replaces the status line, cut to the width of the terminal; an empty one is none.
  void status(std::string text);

  /// Calls `write`, which writes whole lines to the same terminal and must not use the console, with the
  /// status line out of the way. Whatever else is to be shown waits for its end.
  void beside(const std::function<void()>& write);

  [[nodiscard]] bool live() const noexcept { return live_; }

  /// A logger that writes its lines here. It must not be used after this console has gone.
  [[nodiscard]] std::shared_ptr<spdlog::logger> make_logger(const std::string& name);

private:
  [[nodiscard]] std::string shown_status() const;
  void write(std::string_view text) const;

  const int fd_;
  const bool live_;
  std::mutex mutex_;
  std::string status_;
};

/// Text of whole lines as `line` wants it, which ends the last one by itself.
[[nodiscard]] std::string without_end(std::string text);

/// Logs of the library go to a console for as long as this lives: stdout is the sink's.
class logs_to_console {
public:
  /// With `only_trouble` what is no warning stays away.
  logs_to_console(console& to, bool only_trouble);
  ~logs_to_console();
  logs_to_console(const logs_to_console&) = delete;
  logs_to_console& operator=(const logs_to_console&) = delete;

private:
  std::shared_ptr<spdlog::logger> before_;
};

}  // namespace weir::config
