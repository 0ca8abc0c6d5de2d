#include <weir/runtime/tasks/spawn.hpp>

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// The child ends in the middle of its functions, by exec. What a sanitizer noted about their frames
// would stay behind in our memory as if the frames still lived.
#define WEIR_BORROWS_MEMORY __attribute__((no_sanitize("address", "undefined", "thread")))

namespace weir::detail {

namespace {

// The child calls nothing deep; the kernel copies arguments from where they lie.
constexpr std::size_t child_stack_bytes = std::size_t{32} * 1024;

/// What the child reads, and the one thing that it writes: why it could not go on.
struct child_plan {
  const spawn_request& request;
  pid_t parent;
  spawn_failure failure;
};

[[noreturn]] WEIR_BORROWS_MEMORY void give_up(child_plan& plan, spawn_step step, const char* call) {
  plan.failure.step = step;
  plan.failure.call = call;
  plan.failure.error = errno;
  ::_exit(127);
}

/// A handler of the application's must not run in the child, which has the application's memory. All
/// signals are blocked until none is left.
WEIR_BORROWS_MEMORY void reset_signals() {
  struct sigaction now;
  struct sigaction standard;
  __builtin_memset(&standard, 0, sizeof standard);
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) {
    if (::sigaction(number, nullptr, &now) != 0)
      continue;
    const bool handled = now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN;
    if (handled || (number == SIGPIPE && now.sa_handler == SIG_IGN))
      ::sigaction(number, &standard, nullptr);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

WEIR_BORROWS_MEMORY void set_descriptors(child_plan& plan) {
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing < 0 || (nothing != STDIN_FILENO && ::dup2(nothing, STDIN_FILENO) < 0))
    give_up(plan, spawn_step::set_descriptors, "open /dev/null");
  if (::dup2(plan.request.out, STDOUT_FILENO) < 0 || ::dup2(plan.request.err, STDERR_FILENO) < 0)
    give_up(plan, spawn_step::set_descriptors, "dup2");
  if (::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
    give_up(plan, spawn_step::set_descriptors, "close_range");
}

/// Tries the programs as a shell does: what is not there is passed over, what may not be run is
/// remembered.
[[noreturn]] WEIR_BORROWS_MEMORY void run_program(child_plan& plan) {
  bool denied = false;
  errno = ENOENT;
  for (const auto* program = plan.request.programs; *program != nullptr; ++program) {
    ::execve(*program, plan.request.argv, plan.request.environment);
    denied = denied || errno == EACCES;
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
      give_up(plan, spawn_step::run_program, "execve");
  }
  if (denied)
    errno = EACCES;
  give_up(plan, spawn_step::run_program, "execve");
}

WEIR_BORROWS_MEMORY int child_main(void* argument) {
  auto& plan = *static_cast<child_plan*>(argument);
  // A session rather than only a group: without a terminal, a program that asks for a password on it
  // fails at once, where one in a background group would be stopped for ever.
  const pid_t group = ::setsid();
  if (group < 0)
    give_up(plan, spawn_step::become_leader, "setsid");
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
    give_up(plan, spawn_step::become_leader, "prctl");
  // If the parent went before it could be watched, nobody would kill us.
  if (::getppid() != plan.parent)
    ::_exit(127);
  plan.request.group_entry->store(group, std::memory_order_release);
  set_descriptors(plan);
  if (plan.request.folder != nullptr && ::chdir(plan.request.folder) != 0)
    give_up(plan, spawn_step::enter_folder, "chdir");
  reset_signals();
  run_program(plan);
}

}  // namespace

spawned spawn(const spawn_request& request, spawn_failure& failure) noexcept {
  alignas(16) std::array<char, child_stack_bytes> stack;
  child_plan plan{request, ::getpid(), {}};
  const auto entry_before = request.group_entry->load(std::memory_order_relaxed);
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  int handle = -1;
  const pid_t pid = ::clone(&child_main, stack.data() + stack.size(),
                            CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &plan, &handle);
  const int refused = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) {
    failure = {spawn_step::make_child, "clone", refused};
    return {};
  }
  spawned child{pid, unique_fd{handle}};
  if (plan.failure.step != spawn_step::none) {
    failure = plan.failure;
    // Before the child is reaped, from when on its number may be somebody else's. The entry stays the
    // caller's: were it free, another command would take it, and the caller then free that one's.
    request.group_entry->store(entry_before, std::memory_order_release);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return {};
  }
  return child;
}

}  // namespace weir::detail
