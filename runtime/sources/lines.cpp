#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/sources/line_reader.hpp>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace weir {

namespace {

constexpr std::size_t name_bytes_max = 256;

class lines final : public source {
public:
  lines(std::string path, detail::line_reader::limits bounds, bool skip_empty)
      : path_(std::move(path)), bounds_(bounds), skip_empty_(skip_empty) {}

  caf::expected<std::optional<item>> next(const context& ctx) override {
    if (!reader_)
      if (auto error = open())
        return error;
    while (true) {
      auto line = reader_->next(ctx);
      if (!line)
        return line.error();
      if (!*line)
        return std::optional<item>{};
      if (skip_empty_ && (*line)->empty())
        continue;
      // A short line is its own best name; a long one would fill the messages.
      auto name = (*line)->empty() || (*line)->size() > name_bytes_max
                      ? "line " + std::to_string(reader_->number())
                      : **line;
      return std::optional{item{std::move(**line), std::move(name)}};
    }
  }

private:
  caf::error open() {
    if (path_ == "-") {
      reader_.emplace(STDIN_FILENO, "standard input", bounds_);
      return {};
    }
    // Without O_NONBLOCK the open of a named pipe would wait for its writer, deaf to a cancel.
    file_ = detail::unique_fd{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    if (!file_)
      return make_error(
          ec::io, "cannot open " + config::quoted(path_) + ": " + std::generic_category().message(errno));
    reader_.emplace(file_.get(), config::quoted(path_), bounds_);
    return {};
  }

  std::string path_;
  detail::line_reader::limits bounds_;
  bool skip_empty_;
  detail::unique_fd file_;
  std::optional<detail::line_reader> reader_;
};

caf::error check_path(const std::string& path) {
  struct stat status {};
  if (path == "-")
    return {};
  if (::stat(path.c_str(), &status) != 0)
    return make_error(ec::invalid_option, "path: there is no " + config::quoted(path) + " to read (" +
                                              std::generic_category().message(errno) +
                                              "); allowed: the path of a file, or \"-\" for standard input");
  if (S_ISDIR(status.st_mode))
    return make_error(ec::invalid_option,
                      "path: " + config::quoted(path) +
                          " is a folder; allowed: the path of a file, or \"-\" for "
                          "standard input; for the files in a folder use kind = \"files\"");
  return {};
}

caf::expected<std::unique_ptr<source>> make_lines(const settings& s) {
  const auto& path = s.get<std::string>("path");
  if (auto error = check_path(path))
    return error;
  const detail::line_reader::limits bounds{
      .delimiter = s.get<std::string>("delimiter") == "nul" ? '\0' : '\n',
      .line_bytes_max = static_cast<std::size_t>(s.get<std::int64_t>("max_line"))};
  return std::unique_ptr<source>{std::make_unique<lines>(path, bounds, s.get<bool>("skip_empty"))};
}

std::vector<setting_spec> accepted() {
  return {
      {.name = "path",
       .type = setting_type::text,
       .fallback = "-",
       .meaning = "the file whose lines are the items; \"-\": standard input"},
      {.name = "delimiter",
       .type = setting_type::choice,
       .fallback = "newline",
       .meaning = "what ends a line; nul: as find -print0 writes them",
       .choices = {"newline", "nul"}},
      {.name = "max_line",
       .type = setting_type::size,
       .fallback = std::int64_t{1024} * 1024,
       .meaning = "a line that is longer than this many bytes ends the source with an error",
       .min = 1,
       .max = 1024.0 * 1024 * 1024},
      {.name = "skip_empty",
       .type = setting_type::boolean,
       .fallback = false,
       .meaning = "pass over empty lines"},
  };
}

}  // namespace

source_kind lines_source() {
  return {"lines", "every line of a file or of standard input, as it comes", accepted(), make_lines};
}

}  // namespace weir
