#pragma once

/// What everything else runs on: an actor system (its own or the application's) and the threads for
/// user code. Make one early, destroy it last: it must outlive every pool, stream and call that uses
/// it. Its destructor waits until nothing of them is left.
///
/// An engine without work costs no CPU time.

#include <weir/actors/protocol.hpp>
#include <weir/actors/threads.hpp>

#include <caf/actor_system.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace weir {

struct engine_options {
  /// Threads that carry messages. They never run user code; two are enough for any load.
  std::size_t message_threads = 2;
};

class engine {
public:
  /// With an actor system of its own: no network, no signals, no files.
  explicit engine(const engine_options& options = {});

  /// On the application's actor system, which must outlive the engine.
  explicit engine(caf::actor_system& existing);

  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  [[nodiscard]] caf::actor_system& system() noexcept { return *system_; }

  /// Starts the actors of a stage. For the pieces of this library.
  [[nodiscard]] supervisor_actor start(tree_plan plan);

private:
  struct own_system;

  std::unique_ptr<own_system> own_;
  caf::actor_system* system_;
  threads threads_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<tree_end>> trees_;
};

}  // namespace weir
