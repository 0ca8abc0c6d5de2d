#pragma once

/// The copies of one job, where a flow hands it on to several stages or sinks: how many are on their way, and
/// what the job comes to: the worst of what they do, at once where one fails, else when the last one ends.

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <optional>

namespace weir::policy {

class copies {
public:
  /// From the best to the worst. `dropped`: a stage had no slot for it; for the books that is a cancel.
  enum class end : std::uint8_t { completed, dropped, canceled, failed };

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
    worst_ = std::max(worst_, how);
    decided_ = worst_ == end::failed || open_ == 0;
    return decided_ ? std::optional{worst_} : std::nullopt;
  }

private:
  unsigned open_ = 1;
  unsigned ahead_ = 1;  // copies with a task ahead of them; those that failed in one stay among them
  end worst_ = end::completed;
  bool failing_ = false;
  bool decided_ = false;
};

}  // namespace weir::policy
