#pragma once

/// Starts one program as the leader of a session and process group of its own. This is the part that
/// `posix_spawn` can't do: the child enters itself into the guardian's table and asks to be killed
/// with its parent before it runs anything.
///
/// The child borrows our memory until it runs the program (as with vfork), so a start costs the same
/// however much memory this process has.

#include <weir/runtime/system/unique_fd.hpp>

#include <atomic>
#include <cstdint>

#include <sys/types.h>

namespace weir::detail {

/// All pointers are borrowed for the call. Descriptors are 3 or above.
struct spawn_request {
  const char* const* programs = nullptr;  ///< paths to try in turn, ended by null
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const char* folder = nullptr;  ///< null: where we are
  int out = -1;
  int err = -1;
  /// The child writes its group here; if it can't run the program, what was here stands here again.
  std::atomic<std::int32_t>* group_entry = nullptr;
};

struct spawned {
  pid_t pid = 0;
  unique_fd handle;  ///< a pidfd: readable once the program has ended
};

/// The steps of a start that can be refused.
enum class spawn_step : std::uint8_t {
  none,
  make_child,       ///< no process or no descriptor was left
  become_leader,    ///< of a session, with a parent whose end is noticed
  set_descriptors,  ///< stdin, stdout, stderr, and no other
  enter_folder,
  run_program,  ///< none of the list could be run
};

/// Why there is no child: the step that was refused, its call and its errno.
struct spawn_failure {
  spawn_step step = spawn_step::none;
  const char* call = "";
  int error = 0;
};

/// Starts the program; `failure` says why if it returns an empty handle. The child has stdin at
/// end-of-file, `out` and `err`, no other descriptor, no blocked signal, no handler, and SIGPIPE at
/// its default. Signals that this process ignores stay ignored, for `nohup`. Blocks until the program runs.
///
/// The child gets KILL when the *thread* that called this ends: the caller waits for its child.
[[nodiscard]] spawned spawn(const spawn_request& request, spawn_failure& failure) noexcept;

}  // namespace weir::detail
