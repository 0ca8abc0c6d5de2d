#include <weir/actors/simulation/messages.hpp>

#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/local_actor.hpp>

namespace weir::simulation {

caf::actor_system::module* messages::make(caf::actor_system& system, caf::detail::type_list<>) {
  return new messages{system};
}

messages& messages::of(caf::actor_system& system) {
  return dynamic_cast<messages&>(system.scheduler());
}

std::vector<caf::strong_actor_ptr> messages::alive() {
  std::vector<caf::strong_actor_ptr> all;
  std::erase_if(seen_, [&](const auto& one) {
    auto strong = one.second.lock();
    const auto gone = !strong;
    if (!gone)
      all.push_back(std::move(strong));
    return gone;
  });
  return all;
}

void messages::serve_with(schedule& run, std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i)
    run.start(
        "message thread " + std::to_string(i), [this, &run] { serve(run); }, true);
}

void messages::enqueue(caf::resumable* what) {
  jobs.push_back(what);
  if (auto* const run = schedule::current())
    run->wake_all(idle_);
}

void messages::serve(schedule& run) {
  for (;;) {
    while (jobs.empty())
      run.wait(idle_, place::messages);
    handle_one(run.choose(jobs.size()));
    run.interleave(place::messages);
  }
}

void messages::handle_one(std::size_t i) {
  // What an actor's handler sends goes to the same queue.
  struct unit final : caf::execution_unit {
    explicit unit(messages& to) : caf::execution_unit(&to.system()), to_(to) {}
    void exec_later(caf::resumable* what) override { to_.enqueue(what); }
    messages& to_;
  };
  auto* const next = jobs[i];
  jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(i));
  unit here{*this};
  if (auto* const a = dynamic_cast<caf::abstract_actor*>(next); a && schedule::current())
    seen_.emplace(a->id(), a->ctrl());
  switch (next->resume(&here, 1)) {
    case caf::resumable::resume_later:
      enqueue(next);
      break;
    case caf::resumable::done:
    case caf::resumable::awaiting_message:
      caf::intrusive_ptr_release(next);
      break;
    case caf::resumable::shutdown_execution_unit:
      break;
  }
}

void messages::stop() {
  while (!jobs.empty())
    handle_one(0);
}

}  // namespace weir::simulation
