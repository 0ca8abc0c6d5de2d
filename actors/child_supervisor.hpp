#pragma once

/// A supervisor of any CAF actors, in the manner of OTP: it starts them in order, starts them again by
/// `policy::restart`, and stops them in the reverse order. For the pieces of this library and for
/// applications.

#include <weir/actors/caf.hpp>
#include <weir/actors/policy/restart.hpp>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <functional>
#include <string>
#include <vector>

namespace weir {

struct child_spec {
  std::string name;  ///< in messages and logs
  policy::child_kind kind = policy::child_kind::permanent;
  /// How long it has to end once it was asked to, before it is killed; and then before it is given up, as a
  /// handler that does not return can't be stopped.
  duration stop_time = std::chrono::seconds{5};
  /// Starts it. What it throws, or that there is none, counts as an end by an error. Called on a thread that
  /// carries messages: it must not block.
  std::function<caf::actor(caf::actor_system&)> start;
};

/// What is told of the children; called on a thread that carries messages, one at a time, and must not throw.
/// Each may be empty.
struct child_news {
  std::function<void(std::size_t, const caf::actor&)> started = {};
  std::function<void(std::size_t, const caf::error&)> ended = {};
  /// There were more restarts than the rule allows; with the reason of the last end.
  std::function<void(const caf::error&)> gave_up = {};
};

/// `stop_tag`: asks all children to end, the last one first; it ends after them.
using child_supervisor_actor = caf::typed_actor<caf::reacts_to<stop_tag>, caf::reacts_to<phase_due_tag>>;

/// Starts the supervisor, which starts the children. It ends when it was told to stop, with `ec::worker_lost`
/// when it gave up; an exit message stops the children first, `exit_reason::kill` leaves them behind.
/// `time` must outlive it. Does not block. Throws std::invalid_argument if a bound of the rule makes no
/// sense.
[[nodiscard]] child_supervisor_actor supervise(caf::actor_system& system, const policy::restart_rule& rule,
                                               std::vector<child_spec> children, child_news news = {},
                                               clock& time = control_clock());

}  // namespace weir
