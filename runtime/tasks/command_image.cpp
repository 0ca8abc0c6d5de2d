#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/tasks/command_image.hpp>

#include <algorithm>
#include <string_view>

#include <unistd.h>

namespace weir::detail {

namespace {

constexpr std::string_view path_default = "/usr/local/bin:/usr/bin:/bin";

/// The kernel's interface lacks a const that it keeps.
char* borrowed(const std::string& text) {
  return const_cast<char*>(text.c_str());
}

std::string_view name_of_variable(std::string_view entry) {
  return entry.substr(0, entry.find('='));
}

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

}  // namespace

command_image::command_image(const process_spec& spec, const std::string& marker) {
  argv_.reserve(spec.argv.size() + 1);
  for (const auto& argument : spec.argv)
    argv_.push_back(borrowed(argument));
  argv_.push_back(nullptr);

  const auto replaced = [&](std::string_view name) {
    return name == name_of_variable(marker) ||
           std::any_of(spec.env.begin(), spec.env.end(),
                       [&](const auto& own) { return name_of_variable(own) == name; });
  };
  for (auto** entry = environ; entry && *entry; ++entry)
    if (!replaced(name_of_variable(*entry)))
      environment_.push_back(*entry);
  for (const auto& own : spec.env)
    if (name_of_variable(own) != name_of_variable(marker))
      environment_.push_back(borrowed(own));
  environment_.push_back(borrowed(marker));
  environment_.push_back(nullptr);

  find_programs(spec.argv.front());
}

/// The program as it is if it names a path, else one candidate for each folder of the PATH that the
/// command will see.
void command_image::find_programs(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    programs_ = {name.c_str(), nullptr};
    return;
  }
  auto folders = path_default;
  for (const auto* entry : environment_)
    if (entry && std::string_view{entry}.starts_with("PATH="))
      folders = std::string_view{entry}.substr(5);
  for (std::size_t at = 0; at <= folders.size();) {
    const auto end = std::min(folders.find(':', at), folders.size());
    const auto folder = folders.substr(at, end - at);
    paths_.push_back((folder.empty() ? std::string{"."} : std::string{folder}) + '/' + name);
    at = end + 1;
  }
  for (const auto& path : paths_)
    programs_.push_back(path.c_str());
  programs_.push_back(nullptr);
}

caf::error check(const process_spec& spec) {
  if (spec.argv.empty() || spec.argv.front().empty())
    return make_error(ec::failed, "there is no command to run: its first argument, the program, is empty");
  for (const auto& argument : spec.argv)
    if (has_nul(argument))
      return make_error(ec::failed, "can't run " + config::quoted(spec.argv.front()) + ": the argument " +
                                        config::quoted(argument, 60) +
                                        " holds a NUL byte, which no argument of a command can");
  for (const auto& entry : spec.env)
    if (has_nul(entry) || entry.find('=') == std::string::npos || entry.front() == '=')
      return make_error(ec::failed, "can't run " + config::quoted(spec.argv.front()) + ": " +
                                        config::quoted(entry, 60) +
                                        " is no variable; write NAME=value, without a NUL byte");
  if (has_nul(spec.cwd))
    return make_error(ec::failed, "can't run " + config::quoted(spec.argv.front()) +
                                      ": the name of the folder to run in holds a NUL byte");
  return {};
}

}  // namespace weir::detail
