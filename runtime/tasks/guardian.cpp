#include <weir/actors/error.hpp>
#include <weir/runtime/system/system_error.hpp>
#include <weir/runtime/tasks/guardian.hpp>
#include <weir/runtime/tasks/guardian_watch.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir::guardian {

namespace {

using entry = std::atomic<std::int32_t>;
static_assert(entry::is_always_lock_free, "the table is shared between processes");

struct identity {
  std::string id;
  std::string marker;
};

// Set once the guardian runs, and never freed: a command may still run while statics are destroyed.
std::atomic<const identity*> own{nullptr};
std::atomic<entry*> table{nullptr};
std::atomic<bool> closed{false};
std::mutex starting;

caf::error refused(const char* what) {
  return make_error(ec::failed,
                    std::string{"can't start the process that guards commands against being orphaned: "} +
                        detail::system_error_text(what, errno));
}

/// 128 random bits in hexadecimal.
std::string new_id() {
  std::array<unsigned char, 16> bits{};
  if (::getrandom(bits.data(), bits.size(), 0) != static_cast<ssize_t>(bits.size()))
    return {};
  std::string id;
  for (const auto b : bits) {
    constexpr const char* digits = "0123456789abcdef";
    id += digits[b >> 4U];
    id += digits[b & 15U];
  }
  return id;
}

std::unique_ptr<identity> new_identity() {
  auto made = std::make_unique<identity>();
  made->id = new_id();
  const auto* outer = std::getenv(marker_name);
  made->marker =
      std::string{marker_name} + '=' + (outer && *outer ? std::string{outer} + ':' : "") + made->id;
  return made;
}

caf::error make_table() {
  if (table.load(std::memory_order_relaxed))
    return {};
  auto* memory = ::mmap(nullptr, process_groups_max * sizeof(entry), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return refused("mmap");
  // All-zero memory is what value-initialized entries are.
  table.store(static_cast<entry*>(memory), std::memory_order_release);
  return {};
}

/// Forks twice, so that the guardian is no child of ours and leaves no zombie. Returns 0 or an errno.
/// `ours` is closed in the guardian: as long as it held it itself, it would never see us go.
int fork_watch(int lifeline, int ours, std::string_view id) {
  const auto child = ::_Fork();
  if (child < 0)
    return errno;
  if (child == 0) {
    const auto grandchild = ::_Fork();
    if (grandchild == 0) {
      ::close(ours);
      watch(lifeline, {table.load(std::memory_order_relaxed), process_groups_max}, id);
    }
    ::_exit(grandchild < 0 ? errno : 0);
  }
  int status = 0;
  pid_t reaped = 0;
  do
    reaped = ::waitpid(child, &status, 0);
  while (reaped < 0 && errno == EINTR);
  // An application that ignores SIGCHLD takes the status from us; the fork has most likely worked.
  return reaped == child && WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

caf::error launch(std::string_view id) {
  if (auto failed = make_table())
    return failed;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return refused("pipe2");
  // Blocked before the fork, so that no handler of the application's ever runs in the guardian.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const int failure = fork_watch(ends[0], ends[1], id);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::close(ends[0]);
  if (failure != 0) {
    ::close(ends[1]);
    errno = failure;
    return refused("fork");
  }
  // The write end stays open until the kernel closes it for us: that is the signal.
  return {};
}

}  // namespace

caf::error start() {
  if (own.load(std::memory_order_acquire))
    return {};
  const std::lock_guard guard{starting};
  if (own.load(std::memory_order_relaxed))
    return {};
  auto made = new_identity();
  if (made->id.empty())
    return refused("getrandom");
  if (auto failed = launch(made->id))
    return failed;
  own.store(made.release(), std::memory_order_release);
  return {};
}

const std::string& marker() noexcept {
  return own.load(std::memory_order_acquire)->marker;
}

void place::clear() noexcept {
  if (auto* mine = std::exchange(entry_, nullptr))
    mine->store(0, std::memory_order_release);
}

caf::expected<place> reserve() {
  // Each thread looks first where it found a place last, which is free again as a rule.
  thread_local std::size_t hint = std::hash<std::thread::id>{}(std::this_thread::get_id());
  auto* entries = table.load(std::memory_order_acquire);
  if (closed.load(std::memory_order_seq_cst))
    return make_error(ec::canceled, "can't start a command: the process ends");
  for (std::size_t i = 0; i < process_groups_max; ++i) {
    const auto at = (hint + i) % process_groups_max;
    std::int32_t expected = 0;
    if (entries[at].load(std::memory_order_relaxed) == 0 &&
        entries[at].compare_exchange_strong(expected, reserved, std::memory_order_acq_rel)) {
      hint = at;
      return place{entries[at]};
    }
  }
  return make_error(ec::failed, "can't start a command: " + std::to_string(process_groups_max) +
                                    " commands run in this process already, which is the limit; lower "
                                    "the parallelism of the stages that run commands");
}

void close() noexcept {
  closed.store(true, std::memory_order_seq_cst);
}

void kill_all() noexcept {
  if (auto* entries = table.load(std::memory_order_acquire))
    kill_groups({entries, process_groups_max});
}

}  // namespace weir::guardian
