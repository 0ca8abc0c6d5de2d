#pragma once

/// A command in the form that the kernel wants: null-ended arrays of C strings. Built before the
/// start, because the child between clone and exec may not allocate.

#include <weir/runtime/tasks/process.hpp>

#include <caf/error.hpp>

#include <string>
#include <vector>

namespace weir::detail {

class command_image {
public:
  /// Borrows the strings of `spec`, of `marker` and of our environment.
  command_image(const process_spec& spec, const std::string& marker);
  command_image(const command_image&) = delete;
  command_image& operator=(const command_image&) = delete;

  [[nodiscard]] char* const* argv() const noexcept { return argv_.data(); }
  [[nodiscard]] char* const* environment() const noexcept { return environment_.data(); }
  [[nodiscard]] const char* const* programs() const noexcept { return programs_.data(); }

private:
  void find_programs(const std::string& name);

  std::vector<char*> argv_;
  std::vector<char*> environment_;
  std::vector<std::string> paths_;
  std::vector<const char*> programs_;
};

/// An error if `spec` holds what no command line can: no program, a NUL byte, an `env` entry without
/// a name.
[[nodiscard]] caf::error check(const process_spec& spec);

}  // namespace weir::detail
