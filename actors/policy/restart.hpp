#pragma once

/// What a supervisor does when a child ends: start it again, with others or alone, now or after a while, or
/// give up. A plain state machine: it is told what happened and answers with what to do, and when to be asked
/// again. Children are numbered in the order in which they start; they are stopped in the reverse order, one
/// after the other, each with its own time before it is killed, and the same again before it is given up. The
/// rules are those of OTP's `supervisor` (Ericsson, "Erlang/OTP Design Principles"), with two differences:
/// the wait before a restart is an addition, and a child that has ended for good stays so when its group
/// starts again.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace weir::policy {

/// Which children start again when one has to.
enum class strategy : std::uint8_t {
  one_for_one,   ///< that one
  one_for_all,   ///< all
  rest_for_one,  ///< that one and those that started after it
};

/// Which ends make a child start again.
enum class child_kind : std::uint8_t {
  permanent,  ///< each
  transient,  ///< one that is an error
  temporary,  ///< none; neither does it start again with others
};

enum class child_exit : std::uint8_t {
  normal,    ///< its work was done
  shutdown,  ///< somebody asked it to end
  error,
};

struct restart_rule {
  using duration = std::chrono::nanoseconds;

  strategy how = strategy::one_for_one;
  std::uint32_t intensity = 3;  ///< restarts within `period` at most; one more, and it gives up
  duration period = std::chrono::seconds{5};
  /// The wait before a restart, if it is the first within `period`; up to `backoff_max`.
  duration backoff = duration::zero();
  double growth = 2;  ///< how much longer the wait is with each further one, from 1
  duration backoff_max = std::chrono::seconds{30};  ///< no wait is longer
};

class restart {
public:
  using duration = restart_rule::duration;
  using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

  struct child {
    child_kind kind = child_kind::permanent;
    /// How long it has to end once it was asked to, before it is killed; and then, before it is given up.
    duration stop_time = std::chrono::seconds{5};
  };

  struct action {
    enum class what_t : std::uint8_t {
      start,    ///< the child
      stop,     ///< ask the child to end
      kill,     ///< it has not ended in its time
      abandon,  ///< nor when it was killed: it counts as ended, and if it ends at last that is not told
      ended,    ///< no child is left, and none will start again
    };
    what_t what;
    std::size_t child = 0;

    bool operator==(const action&) const = default;
  };
  using actions = std::vector<action>;

  explicit restart(const restart_rule& rule) : rule_(rule) {}

  /// Adds a child behind the others; it starts at once, unless all are being stopped.
  [[nodiscard]] actions add(const child& c);

  /// A child has ended, by itself or because it was asked to.
  [[nodiscard]] actions ended(std::size_t i, child_exit how, time_point now);

  /// Asks all to end for good.
  [[nodiscard]] actions stop(time_point now);

  /// To be called at `due`.
  [[nodiscard]] actions advance(time_point now);

  [[nodiscard]] std::optional<time_point> due() const noexcept;

  /// True once there were more restarts than the rule allows: all are being stopped.
  [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }

private:
  enum class state : std::uint8_t { up, stopping, killed, down, gone };

  struct entry {
    child spec;
    state is = state::up;
    bool to_stop = false;        // when its turn comes
    bool comes_back = false;     // once it is down
    time_point wait_until = {};  // for the end of one that is stopping or killed
    time_point start_at = {};    // of one that comes back
  };

  [[nodiscard]] static bool is_ending(const entry& e) noexcept {
    return e.is == state::stopping || e.is == state::killed;
  }
  [[nodiscard]] bool restarts_after(const entry& e, child_exit how) const noexcept;
  [[nodiscard]] std::optional<time_point> note_restart(time_point now);
  void restart_group(std::size_t of, time_point when);
  void note_end(entry& e) noexcept;
  void ask_to_stop(std::size_t i, time_point now, actions& out);
  [[nodiscard]] bool some_still_stop() const noexcept;
  [[nodiscard]] bool may_start() const noexcept;
  void go_on(time_point now, actions& out);

  restart_rule rule_;
  std::vector<entry> children_;
  std::deque<time_point> recent_;  // restarts within the period
  bool stopping_ = false;
  bool gave_up_ = false;
  bool over_ = false;
};

}  // namespace weir::policy
