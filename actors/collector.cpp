#include <weir/actors/collector.hpp>

namespace weir {

collector_actor::behavior_type collector(collector_actor::stateful_pointer<collector_state> self,
                                         station_ptr stage, threads* pool, delivery deliver) {
  watch(self, [](const caf::actor_addr&, const caf::error&) {});
  const auto problem = pool->run([stage, deliver = std::move(deliver), me = self->address()]() mutable {
    std::vector<finished_span> ready;
    while (stage->collect(ready)) {
      deliver(ready);
      ready.clear();
    }
    // The receiver is the user's: it goes before anybody learns of the end.
    deliver = nullptr;
    tell_if_alive<collector_actor>(me, lane_ended_tag::value);
  });
  // Without a receiver nothing would ever be taken; the supervisor sees the reason and ends the run.
  if (problem)
    self->quit(problem);
  return {
      [self](lane_ended_tag) { self->quit(); },
      [self](leave_tag) { self->quit(); },
  };
}

}  // namespace weir
