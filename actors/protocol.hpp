#pragma once

/// Every message of Weir's actors, in the order in which a run meets them. Jobs and outcomes do not
/// appear here: they pass through the station (station.hpp), a span at a time.
///
///   supervisor ── starts ──▶ collector, dispatcher ── starts ──▶ workers
///
/// It ends them in the reverse order. All messages of control are sent with high priority.

#include <weir/actors/caf.hpp>
#include <weir/actors/station.hpp>
#include <weir/actors/sync.hpp>
#include <weir/actors/threads.hpp>

#include <caf/typed_actor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace weir {

using station_ptr = std::shared_ptr<station>;

/// Takes the outcomes that are ready, in order; returns when all are handled. Runs on a thread of
/// the collector's. Must not throw.
using delivery = std::function<void(std::vector<finished_span>&)>;

/// How a tree of actors ended; shared between its supervisor and whoever waits for it.
struct tree_end {
  sync::mutex mutex;
  sync::condition_variable changed;
  bool reached = false;
  std::vector<straggler> stragglers;       ///< jobs whose threads were written off
  caf::actor_addr top;                     ///< who brings it about: the supervisor, or its heir
  time_point stop_by = time_point::max();  ///< the earliest that anybody has asked for
};

/// One worker: owns a thread that runs a lane of the station. Goes with its dispatcher, who has the
/// only reference; its lane does not depend on it.
using worker_actor = caf::typed_actor<
    // The lane has ended: it was retired, or the stage is at its end. From its thread.
    caf::reacts_to<lane_ended_tag>,
    // End now, whatever the lane does. From the dispatcher.
    caf::reacts_to<leave_tag>>;

/// Keeps as many workers as the stage is to have, and replaces those that are lost.
using dispatcher_actor = caf::typed_actor<
    // Have this many workers from now on; surplus ones end after the job that they run.
    caf::reacts_to<resize_tag, std::uint64_t>,
    // Start those workers that could not be started before, or that were lost. From the clock, or the
    // supervisor.
    caf::reacts_to<retry_tag>,
    // End when the last lane has ended. From the supervisor, at rest.
    caf::reacts_to<done_tag>,
    // End now: what still runs was written off. From the supervisor.
    caf::reacts_to<leave_tag>>;

/// Hands collected outcomes to their receiver, on a thread of its own. If it goes before that thread has
/// ended, the thread is written off and what is left is discarded.
using collector_actor = caf::typed_actor<
    // The last outcome has been handed over. From its thread.
    caf::reacts_to<lane_ended_tag>,
    // End now, whatever the receiver does. From the supervisor.
    caf::reacts_to<leave_tag>>;

/// Owns the tree: starts it, carries control into it, and brings it to rest.
using supervisor_actor = caf::typed_actor<
    // Have this many workers from now on.
    caf::reacts_to<resize_tag, std::uint64_t>,
    // No more input: finish what was admitted, then end.
    caf::reacts_to<done_tag>,
    // Cancel what is queued and what runs, with this cause; then end.
    caf::reacts_to<cancel_tag, cause>,
    // Drain, cancel, kill within this time; then end.
    caf::reacts_to<stop_tag, duration>,
    // A job has not stopped after its time limit: its thread is lost. From the station.
    caf::reacts_to<lane_lost_tag, straggler>,
    // Every admitted job has its outcome. From the station.
    caf::reacts_to<at_rest_tag>,
    // A phase of the shutdown is over. From the clock.
    caf::reacts_to<phase_due_tag>>;

/// What a tree is started with.
struct tree_plan {
  station_ptr stage;
  threads* pool = nullptr;  ///< outlives the tree
  std::size_t parallelism = 1;
  delivery deliver;        ///< none: blocks hand their outcomes over by themselves
  bool inherited = false;  ///< its supervisor was killed: this one has no children, it only brings it to rest
  std::shared_ptr<tree_end> end = std::make_shared<tree_end>();
};

}  // namespace weir

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::cause)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::straggler)
