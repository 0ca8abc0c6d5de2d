#pragma once

/// The scheduler of an actor system in a simulation: messages are handled by threads of the run, which of
/// those that wait is a choice, and a handler may be held up like any other code.

#include <weir/actors/simulation/schedule.hpp>

#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <map>
#include <vector>

namespace weir::simulation {

class messages final : public caf::scheduler::test_coordinator {
public:
  using caf::scheduler::test_coordinator::test_coordinator;

  /// Makes systems that are configured with `config` use this.
  static void use_in(caf::actor_system_config& config) { config.load<messages>(); }

  /// How `caf::actor_system_config::load` makes it.
  static caf::actor_system::module* make(caf::actor_system& system, caf::detail::type_list<>);

  [[nodiscard]] static messages& of(caf::actor_system& system);

  /// The actors that have had a message since `start` and that somebody still knows, in the order of their
  /// start.
  [[nodiscard]] std::vector<caf::strong_actor_ptr> alive();

  /// Adds the threads that handle messages to the run.
  void serve_with(schedule& run, std::size_t threads);

protected:
  void enqueue(caf::resumable* what) override;
  void stop() override;

private:
  void handle_one(std::size_t i);
  void serve(schedule& run);

  waiters idle_;
  std::map<caf::actor_id, caf::weak_actor_ptr> seen_;
};

}  // namespace weir::simulation
