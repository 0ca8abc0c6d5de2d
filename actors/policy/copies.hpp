#pragma once

/// The copies of one job, where a flow hands it on to several stages or sinks: how many are on their way, and
/// what the job comes to. It has failed as soon as one copy ended so; it has completed when all have, and is
/// canceled if the last one ends, some were canceled and none failed.

#include <cassert>
#include <cstdint>
#include <optional>

namespace weir::policy {

class copies {
public:
  enum class end : std::uint8_t { completed, failed, canceled };

  /// One copy goes on as `into`, of which `with_task` have a task ahead of them; none if it has passed its
  /// last one.
  void split(unsigned into, unsigned with_task) noexcept {
    assert(into > 0 && with_task <= into && open_ > 0);
    open_ += into - 1;
    if (with_task > 0)
      ahead_ += with_task - 1;
  }

  /// A copy has passed the last task on its way. True if none has a task ahead of it any more.
  [[nodiscard]] bool pass() noexcept {
    assert(ahead_ > 0);
    return --ahead_ == 0;
  }

  /// A copy has failed in a task. True for the first one.
  [[nodiscard]] bool fail() noexcept {
    const auto first = !failing_;
    failing_ = true;
    return first;
  }

  /// A copy has come to its end. Answers once what the job comes to.
  [[nodiscard]] std::optional<end> finish(end how) noexcept {
    assert(open_ > 0);
    --open_;
    if (decided_)
      return std::nullopt;
    canceled_ = canceled_ || how == end::canceled;
    decided_ = how == end::failed || open_ == 0;
    if (!decided_)
      return std::nullopt;
    return how != end::failed && canceled_ ? end::canceled : how;
  }

private:
  unsigned open_ = 1;
  unsigned ahead_ = 1;  // copies with a task ahead of them; those that failed in one stay among them
  bool failing_ = false;
  bool canceled_ = false;
  bool decided_ = false;
};

}  // namespace weir::policy
