#pragma once

/// Where a sink's lines go: standard output, or a file. Used by one thread.
///
/// A regular file is never half of something: the lines go to PATH.partial, which takes PATH's place in
/// `finish`. Whatever ends the run before that leaves an old PATH as it was, and the lines so far in
/// PATH.partial; the next run overwrites it. Only one run at a time can write PATH.partial. What is no
/// regular file (a device, a named pipe) is written to directly.
/// Memory: as line_writer.hpp says.

#include <weir/runtime/settings.hpp>
#include <weir/runtime/sinks/line_writer.hpp>
#include <weir/runtime/system/unique_fd.hpp>

#include <caf/expected.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::detail {

class output {
public:
  /// The setting that each sink has: where to write.
  [[nodiscard]] static setting_spec path_setting();

  /// Checks that there is a good chance to write to the setting `path`, without touching anything.
  /// Errors: `ec::invalid_option`.
  [[nodiscard]] static caf::expected<output> to(const settings& given);

  /// For the path of a file, or "-". What is wrong with it, checked as above, comes with the first line
  /// or `finish`, as `ec::io`.
  [[nodiscard]] static output to_file(std::string path);

  /// The files that are written or replaced, by each name that is known of them; none if the lines go to
  /// what is no regular file.
  [[nodiscard]] std::vector<std::string> files() const;

  /// Opens what is written to; else the first line does.
  caf::error open();

  /// Takes whole lines. Blocks and fails as line_writer does; `ec::io` too if the file can't be opened.
  caf::error put(std::string_view lines);

  /// Writes what is held back, if anything was put.
  caf::error flush();

  /// Writes what is held back and gives a file its name. A run without lines makes an empty file.
  caf::error finish();

  /// As `finish` for a run that ended early: writes what is held back; a file stays PATH.partial.
  caf::error finish_early() { return flush(); }

private:
  explicit output(std::string path) : given_(std::move(path)), path_(given_) {}

  caf::error inspect();
  caf::error open_special();
  caf::error open_partial();
  [[nodiscard]] std::string partial() const { return path_ + ".partial"; }

  std::string given_;    ///< the path as the user wrote it
  std::string path_;     ///< without symbolic links
  bool direct_ = false;  ///< `path_` is written to as it is
  caf::error refused_;
  unique_fd file_;
  std::optional<line_writer> lines_;
};

}  // namespace weir::detail
