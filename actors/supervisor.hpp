#pragma once

#include <weir/actors/policy/shutdown.hpp>
#include <weir/actors/protocol.hpp>

#include <caf/actor_system.hpp>

namespace weir {

struct supervisor_state {
  static constexpr const char* name = "weir.supervisor";

  tree_plan plan;
  policy::shutdown way_down;
  timer phase_timer;
  /// Keeps the tree alive until it has ended, whoever else has let go of it.
  supervisor_actor itself;
  dispatcher_actor jobs_out;
  collector_actor outcomes_in;
  bool ending = false;
  bool lanes_lost = false;
};

supervisor_actor::behavior_type supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
                                           tree_plan plan);

/// Starts a tree; the handle is its supervisor. `plan.end` is reached when the last actor of the tree
/// has gone. Does not block.
[[nodiscard]] supervisor_actor start_tree(caf::actor_system& system, tree_plan plan);

/// Has the tree come to rest within `budget`, by its supervisor or, if that was killed, by its heir. Of
/// several calls the earliest end counts. Does not block.
void stop_tree(const station& stage, tree_end& end, duration budget);

/// Waits until the last actor of the tree has gone. On a thread that carries messages it may keep those from
/// going that it waits for.
void wait_for_end(tree_end& end);

/// The same for so long at most; whether it has come.
[[nodiscard]] bool wait_for_end(tree_end& end, duration at_most);

}  // namespace weir
