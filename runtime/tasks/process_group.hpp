#pragma once

/// Whether a process group still does anything. Its members need not be our children, so the kernel
/// tells nobody; one has to look.

#include <weir/actors/clock.hpp>

#include <sys/types.h>

namespace weir::detail {

/// True if no process runs in `group` any more; zombies that their parent has not reaped do not
/// count. Looks through /proc: some 15 µs for each process of the system.
[[nodiscard]] bool no_member_runs(pid_t group);

/// Looks whether a group has gone, at a cost that stays small while it has not. One group, one thread.
class group_watch {
public:
  explicit group_watch(pid_t group) noexcept : group_(group) {}

  /// Asks the kernel at each call. That counts zombies too, which a container's first process may reap
  /// late or never, so now and then, at growing intervals, this also looks through /proc.
  [[nodiscard]] bool gone(time_point now);

private:
  pid_t group_;
  time_point next_look_{};
  duration interval_{};
};

}  // namespace weir::detail
