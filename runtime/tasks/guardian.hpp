#pragma once

/// The guardian: a small process beside this one that ends every command we started when this
/// process ends, however it ends; also by KILL, when no code of ours runs any more.
///
/// How. A table in shared memory names the live process groups. The guardian sleeps in a read of a
/// pipe whose only write end is ours, so the kernel tells it when we are gone. Then it kills every
/// group in the table, and after that every process whose environment carries our marker, to catch
/// what left its group (`setsid`, daemons), until several looks through /proc find none.
///
/// Daemons are no exception: what a job leaves behind outside its group ends when this process ends,
/// because "no orphan, ever" is a promise and a forgotten server is not told from a wanted one. A job
/// that means to leave one behind starts it with `env -u WEIR_RUN`.
///
/// Out of reach: processes of another user (sudo), and those of a job that emptied its environment
/// and left its group.
///
/// Bounds: `process_groups_max` live groups; one process, one descriptor and 16 KiB, for the life of
/// this process. It is no child of ours, so waiting for "any child" never meets it. It shares our
/// pages as they were at its start: start it early in a process that will rewrite much memory. A
/// fork of this process without exec counts as this process: the guardian waits for both.

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace weir::guardian {

/// Commands that run at once in one process. The next one is refused with `ec::failed`.
inline constexpr std::size_t process_groups_max = 4096;

/// The environment variable that marks what we started. Its value is a chain of ids, outermost first,
/// for a command may be a Weir itself: whoever ends, everything below it ends too.
inline constexpr const char* marker_name = "WEIR_RUN";

/// Starts the guardian unless it runs. Thread-safe, may be called while other threads run; blocks for
/// about a millisecond the first time. An error says what the system refused; a later call tries again.
[[nodiscard]] caf::error start();

/// "WEIR_RUN=…", for the environment of each command. Only after `start` succeeded.
[[nodiscard]] const std::string& marker() noexcept;

/// A place in the table, free again when this is destroyed.
class place {
public:
  explicit place(std::atomic<std::int32_t>& entry) noexcept : entry_(&entry) {}
  place(place&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  place& operator=(place&& other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~place() { clear(); }

  /// Where a new process writes its own group before it runs anything, so that there is no instant at
  /// which it lives and is in no table.
  [[nodiscard]] std::atomic<std::int32_t>& entry() const noexcept { return *entry_; }

  /// Gives the place back. To be called before the group's leader is reaped: from then on its number
  /// may belong to somebody else.
  void clear() noexcept;

private:
  std::atomic<std::int32_t>* entry_;
};

/// Takes a place for a command that is about to start; `ec::failed` if all are taken, `ec::canceled` after
/// `close`.
/// Thread-safe, does not block. Only after `start` succeeded.
[[nodiscard]] caf::expected<place> reserve();

/// From now on there is no place for another command, for good: where one is killed the next would start.
/// Async-signal-safe, as `kill_all` after it: they are for the second signal.
void close() noexcept;

/// Sends KILL to every group in the table, at once.
void kill_all() noexcept;

}  // namespace weir::guardian
