#include <weir/runtime/tasks/guardian_watch.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <ctime>

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace weir::guardian {

namespace {

// A process that was killed needs a moment to go. Something the kernel holds in an uninterruptible
// wait may need longer than we want to stay: after these many looks at /proc (about 20 s) it has its
// KILL pending and needs us no more.
constexpr int looks_max = 1000;
constexpr timespec between_looks{0, 20'000'000};

// A process that is just about to run another program shows no environment for a moment, and one that was
// started while we looked may have got a number that we had passed. So it takes several looks in a row that
// find nothing. (A process that did nothing but run programs was missed by one look in fifteen.)
constexpr int quiet_looks_wanted = 6;

constexpr std::size_t chunk_bytes = std::size_t{16} * 1024;
constexpr std::size_t id_bytes_max = 64;

/// Reads `fd` to its end and says whether `id` occurs.
bool contains(int fd, std::string_view id) noexcept {
  std::array<char, id_bytes_max + chunk_bytes> window;
  std::size_t kept = 0;
  for (;;) {
    const auto n = ::read(fd, window.data() + kept, chunk_bytes);
    if (n <= 0)
      return false;
    const auto filled = kept + static_cast<std::size_t>(n);
    if (::memmem(window.data(), filled, id.data(), id.size()) != nullptr)
      return true;
    // An id that straddles two reads begins in the last bytes of the first.
    kept = filled < id.size() ? filled : id.size() - 1;
    std::memmove(window.data(), window.data() + filled - kept, kept);
  }
}

/// Kills process `name` if its environment contains `id`; true if it did.
bool kill_if_marked(int proc, const char* name, std::string_view id) noexcept {
  pid_t pid = 0;
  const auto* end = name + std::strlen(name);
  if (const auto r = std::from_chars(name, end, pid);
      r.ec != std::errc{} || r.ptr != end || pid == ::getpid())
    return false;
  // The C library's own names for these calls can't be linked from C++ in glibc 2.36.
  // Opened before the environment is read: should the number change hands, the descriptor does not.
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (handle < 0)
    return false;
  std::array<char, 32> path{};
  auto* tail = std::to_chars(path.data(), path.data() + 16, pid).ptr;
  std::memcpy(tail, "/environ", 9);
  bool killed = false;
  if (const int environment = ::openat(proc, path.data(), O_RDONLY | O_CLOEXEC); environment >= 0) {
    killed = contains(environment, id) && ::syscall(SYS_pidfd_send_signal, handle, SIGKILL, nullptr, 0) == 0;
    ::close(environment);
  }
  ::close(handle);
  return killed;
}

/// One look through /proc; true if there was something to kill. `readdir` allocates, so this reads
/// the entries as the kernel gives them.
bool kill_marked(std::string_view id) noexcept {
  const int proc = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0)
    return false;
  bool found = false;
  alignas(dirent64) std::array<char, chunk_bytes> entries;
  for (;;) {
    const auto n = ::syscall(SYS_getdents64, proc, entries.data(), entries.size());
    if (n <= 0)
      break;
    for (long at = 0; at < n;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries.data() + at);
      found = kill_if_marked(proc, entry->d_name, id) || found;
      at += entry->d_reclen;
    }
  }
  ::close(proc);
  return found;
}

/// Kills what carries the id until nothing does any more.
void kill_all_marked(std::string_view id) noexcept {
  int quiet = 0;
  for (int look = 0; look < looks_max && quiet < quiet_looks_wanted; ++look) {
    quiet = kill_marked(id) ? 0 : quiet + 1;
    ::nanosleep(&between_looks, nullptr);
  }
}

/// Gives back what the fork copied: descriptors (a pipe that we held open would never end for its
/// reader), the terminal, the folder.
int let_go(int lifeline) noexcept {
  ::setsid();
  ::prctl(PR_SET_NAME, "weir-guardian");
  constexpr int keep = 3;
  if (lifeline != keep)
    ::dup2(lifeline, keep);
  for (int fd = 0; fd < keep; ++fd)
    ::close(fd);
  for (int fd = 0; fd < keep; ++fd)
    static_cast<void>(::open("/dev/null", O_RDWR));
  ::close_range(keep + 1, ~0U, 0);
  static_cast<void>(::chdir("/"));
  return keep;
}

}  // namespace

void kill_groups(group_table table) noexcept {
  for (std::size_t i = 0; i < table.count; ++i)
    if (const auto group = table.entries[i].load(std::memory_order_acquire); group > 0)
      ::kill(-group, SIGKILL);
}

void watch(int lifeline, group_table table, std::string_view id) noexcept {
  lifeline = let_go(lifeline);
  char ignored = 0;
  while (::read(lifeline, &ignored, 1) != 0)
    if (errno != EINTR)
      break;
  kill_groups(table);
  kill_all_marked(id);
  ::_exit(0);
}

}  // namespace weir::guardian
