#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/sources/tree_walk.hpp>

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/stat.h>

namespace weir {

namespace {

class files final : public source {
public:
  files(std::string root, detail::walk_rules rules) : walk_(std::move(root), std::move(rules)) {}

  caf::expected<std::optional<item>> next(const context& ctx) override {
    auto found = walk_.next(ctx);
    if (!found)
      return found.error();
    if (!*found)
      return std::optional<item>{};
    auto& file = **found;
    return std::optional{item{file.path, file.path, std::move(file.unreadable), true}};
  }

  void leave_out(const std::vector<std::string>& paths) override { walk_.leave_out(paths); }

private:
  detail::tree_walk walk_;
};

// A root that can't be walked is told before anything starts.
caf::error check_root(const std::string& root) {
  struct stat status {};
  if (::stat(root.c_str(), &status) != 0)
    return make_error(ec::invalid_option, "root: there is no " + config::quoted(root) + " to read (" +
                                              std::generic_category().message(errno) +
                                              "); allowed: the path of a folder or of a file");
  if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
    return make_error(ec::invalid_option, "root: " + config::quoted(root) +
                                              " is a socket, a named pipe or a device; allowed: the path "
                                              "of a folder or of a file");
  return {};
}

caf::expected<std::unique_ptr<source>> make_files(const settings& s) {
  const auto& root = s.get<std::string>("root");
  if (auto error = check_root(root))
    return error;
  auto match = detail::glob_set::parse("match", s.get<std::vector<std::string>>("match"));
  if (!match)
    return match.error();
  auto exclude = detail::glob_set::parse("exclude", s.get<std::vector<std::string>>("exclude"));
  if (!exclude)
    return exclude.error();
  detail::walk_rules rules;
  rules.match = std::move(*match);
  rules.exclude = std::move(*exclude);
  rules.follow_symlinks = s.get<std::string>("symlinks") == "follow";
  rules.yield_special = s.get<std::string>("special") == "fail";
  rules.hidden = s.get<bool>("hidden");
  if (s.has("max_depth"))
    rules.depth_max = static_cast<std::size_t>(s.get<std::int64_t>("max_depth"));
  return std::unique_ptr<source>{std::make_unique<files>(root, std::move(rules))};
}

std::vector<setting_spec> accepted() {
  using texts = std::vector<std::string>;
  return {
      {.name = "root",
       .type = setting_type::text,
       .fallback = ".",
       .meaning = "the folder whose regular files are the items, or one file; if it is a symbolic link, what "
                  "that leads to"},
      {.name = "match",
       .type = setting_type::texts,
       .fallback = texts{"**/*"},
       .meaning =
           "the files to take: patterns of paths below root with *, ?, [a-z], {a,b}, and ** for any folders"},
      {.name = "exclude",
       .type = setting_type::texts,
       .fallback = texts{},
       .meaning = "patterns of files to leave out and of folders not to enter, as in match"},
      {.name = "symlinks",
       .type = setting_type::choice,
       .fallback = "skip",
       .meaning = "symbolic links below root: pass over, or take what they lead to (a loop is a failure)",
       .choices = {"skip", "follow"}},
      {.name = "special",
       .type = setting_type::choice,
       .fallback = "skip",
       .meaning =
           "sockets, named pipes and devices: pass over, or count each as a failure; none is ever opened",
       .choices = {"skip", "fail"}},
      {.name = "hidden",
       .type = setting_type::boolean,
       .fallback = true,
       .meaning = "also take files and folders whose names start with a dot"},
      {.name = "max_depth",
       .type = setting_type::integer,
       .meaning = "how many levels to go down; 1: only the files in root itself; no limit if not set",
       .min = 1},
  };
}

}  // namespace

source_kind files_source() {
  return {"files", "every regular file in a folder and the folders below it, in a fixed order", accepted(),
          make_files};
}

}  // namespace weir
