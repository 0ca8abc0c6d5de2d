#include <weir/actors/log.hpp>
#include <weir/actors/worker.hpp>

namespace weir {

worker_actor::behavior_type worker(worker_actor::stateful_pointer<worker_state> self,
                                   const station_ptr& stage, threads* pool) {
  watch(self, [](const caf::actor_addr&, const caf::error&) {});
  const auto problem = pool->run([stage, me = self->address()] {
    const auto end = stage->serve();
    tell_if_alive<worker_actor>(me, lane_ended_tag::value);
    return end == station::lane_end::written_off;
  });
  if (problem) {
    // With fewer workers the work still gets done; with none it never would.
    log()->warn("{}: {}", stage->name(), text_of(problem));
    if (stage->lane_missing() == 0)
      stage->ctx().cancel({ec::overloaded, "worker", text_of(problem)});
    self->quit(problem);
  }
  return {
      [self](lane_ended_tag) { self->quit(); },
      [self](leave_tag) { self->quit(); },
  };
}

}  // namespace weir
