#pragma once

/// Runs one command to its end, on the calling thread, and leaves nothing of it behind.
///
/// - The command leads a session and process group of its own. Its stdin is at end-of-file; stdout and
///   stderr are captured apart, each up to a limit; what is over is read and dropped, so that the
///   command never stops on a full pipe.
/// - When its leader ends, what is left of the group gets KILL: a background process can't hold the
///   call up. What has left the group is the guardian's (see guardian.hpp).
/// - When the context is canceled or the timeout passes, the group gets TERM, and what is left of it
///   after the grace gets KILL. The call returns when every process of the group is gone.
/// - If this process dies, by whatever means, the command dies with it.
///
/// Cost: one start in the manner of vfork, one poll loop without a helper thread or a handler for
/// SIGCHLD, four descriptors while it runs. Other children of the application are left alone; an
/// application that ignores SIGCHLD or waits for "any child" takes the exit status from us.
/// Needs Linux 5.11.

#include <weir/actors/context.hpp>

#include <caf/expected.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace weir {

inline constexpr std::size_t output_bytes_default = std::size_t{1024} * 1024;
/// On a node, as a result has to fit into one message of 1 MiB: what stdout and stderr may have both, and the
/// most for one of them.
inline constexpr std::size_t sent_output_bytes_default = std::size_t{500} * 1024;
inline constexpr std::size_t sent_output_bytes_max = std::size_t{1000} * 1024;
static_assert(2 * sent_output_bytes_default <= sent_output_bytes_max);
inline constexpr duration grace_default = std::chrono::seconds{2};

struct process_spec {
  std::vector<std::string> argv;  ///< the program, looked up in PATH if it has no slash, and its arguments
  std::vector<std::string> env;   ///< NAME=value, added to our environment or in place of it
  std::string cwd;                ///< the folder to run in; empty: ours
  std::size_t output_bytes_max = output_bytes_default;  ///< for each of stdout and stderr
  duration grace = grace_default;
  std::optional<duration> timeout;  ///< of wall time, from the start
};

struct process_result {
  int exit_status = 0;  ///< if `signal` is 0
  int signal = 0;       ///< what killed the leader, or 0
  bool timed_out = false;
  std::string out;
  std::string err;
  bool out_truncated = false;
  bool err_truncated = false;
  duration wall{};
  duration user_cpu{};    ///< of the leader and the children that it waited for
  duration system_cpu{};  ///< likewise
};

/// Runs `spec` and waits for its end. That the command failed is a result; an error is returned
/// when `ctx` was canceled before the command ended by itself (`ctx.error()`), and with `ec::failed`
/// when the command could not be started or its status was lost: the text says what was refused and what
/// helps. Thread-safe; blocks.
[[nodiscard]] caf::expected<process_result> run_process(const context& ctx, const process_spec& spec);

}  // namespace weir
