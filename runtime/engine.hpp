#pragma once

/// What everything else runs on: an actor system (its own or the application's) and the threads for
/// user code. Make one early, destroy it last: it must outlive every pool, stream and call that uses
/// it. Its destructor waits until nothing of them is left, so destroying it under a pool that nobody
/// ends waits for ever; it then says which one it waits for. It waits for the actors of an actor system of
/// its own as well, and does not know their names: one that nobody ends, or a detached one of which somebody
/// keeps a response promise, holds it up in silence.
///
/// All members are thread-safe, except the destructor.
/// Not for a static object: CAF can't end an actor system once main has returned.
/// An engine without work costs no CPU time.

#include <weir/actors/protocol.hpp>
#include <weir/actors/sync.hpp>
#include <weir/actors/threads.hpp>
#include <weir/runtime/options.hpp>

#include <caf/actor_system.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace weir {

class engine {
public:
  /// With an actor system of its own: no network, no signals, no files. Throws
  /// std::invalid_argument if the options are not valid, std::system_error if the system has no
  /// thread left. Costs about a millisecond.
  explicit engine(const engine_options& options = {});

  /// On the application's actor system, which must outlive the engine. It needs no module and no
  /// setting; it is left as it was.
  explicit engine(caf::actor_system& existing);

  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  [[nodiscard]] caf::actor_system& system() noexcept { return *system_; }

  /// Starts the actors of a stage. Does not block. For the pieces of this library.
  [[nodiscard]] supervisor_actor start(tree_plan plan);

  /// Makes the calling thread a lane of a stage that expects it, until the stage is at rest. As on a thread
  /// of the engine's, the program ends where there is no memory left for that. For the pieces of this
  /// library.
  void lend_thread_to(station& stage) noexcept;

  /// Lets the actors of a stage that is at rest end in the background; of `ending_max` such stages the oldest
  /// is waited for, for 100 ms at most, so that whoever starts one after the other does not get ahead of
  /// them. For the pieces of this library.
  void let_end(std::shared_ptr<tree_end> end);
  static constexpr std::size_t ending_max = 16;

  /// What each pool, stream and stage that is not at rest holds, which jobs run and for how long, and what
  /// they wait for; as lines, for a person who wants to know why nothing goes on. Takes each stage's lock for
  /// a moment, and memory: not for a signal handler.
  [[nodiscard]] std::string state_text() const;

private:
  struct own_system;

  std::unique_ptr<own_system> own_;
  caf::actor_system* system_;
  threads threads_;
  mutable sync::mutex mutex_;
  struct tree {
    std::string name;
    std::weak_ptr<const station> stage;
    std::weak_ptr<tree_end> end;
  };
  std::vector<tree> trees_;
  std::deque<std::shared_ptr<tree_end>> ending_;
};

}  // namespace weir
