#include <weir/runtime/system/unique_fd.hpp>
#include <weir/runtime/tasks/process_group.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>

namespace weir::detail {

namespace {

// The first look waits for what goes by itself within a moment, which is nearly everything.
constexpr duration interval_min = std::chrono::milliseconds{4};
constexpr duration interval_max = std::chrono::milliseconds{128};

/// Reads a line of /proc/PID/stat: "pid (name) state parent group …". The name may hold anything, so
/// the fields are counted from its last parenthesis.
bool runs_in(pid_t group, std::string_view stat) {
  const auto end_of_name = stat.rfind(") ");
  if (end_of_name == std::string_view::npos)
    return false;
  stat.remove_prefix(end_of_name + 2);
  if (stat.empty() || stat.front() == 'Z' || stat.front() == 'X')
    return false;
  const auto parent = stat.find(' ');
  const auto own = parent == std::string_view::npos ? parent : stat.find(' ', parent + 1);
  if (own == std::string_view::npos)
    return false;
  pid_t found = 0;
  std::from_chars(stat.data() + own + 1, stat.data() + stat.size(), found);
  return found == group;
}

}  // namespace

bool no_member_runs(pid_t group) {
  const std::unique_ptr<DIR, int (*)(DIR*)> proc{::opendir("/proc"), &::closedir};
  if (!proc)
    return false;
  std::array<char, 512> text;
  while (const auto* entry = ::readdir(proc.get())) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
      continue;
    const auto path = std::string{entry->d_name} + "/stat";
    const unique_fd stat{::openat(::dirfd(proc.get()), path.c_str(), O_RDONLY | O_CLOEXEC)};
    const auto n = stat ? ::read(stat.get(), text.data(), text.size()) : 0;
    if (n > 0 && runs_in(group, {text.data(), static_cast<std::size_t>(n)}))
      return false;
  }
  return true;
}

bool group_watch::gone(time_point now) {
  if (::kill(-group_, 0) != 0 && errno == ESRCH)
    return true;
  if (interval_ == duration::zero()) {
    interval_ = interval_min;
    next_look_ = now + interval_;
  }
  if (now < next_look_)
    return false;
  interval_ = std::min(2 * interval_, interval_max);
  next_look_ = now + interval_;
  return no_member_runs(group_);
}

}  // namespace weir::detail
