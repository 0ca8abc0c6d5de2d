#include <weir/actors/collector.hpp>
#include <weir/actors/log.hpp>

#include <atomic>

namespace weir {

collector_actor::behavior_type collector(collector_actor::stateful_pointer<collector_state> self,
                                         const station_ptr& stage, threads* pool, delivery deliver) {
  watch(self, [](const caf::actor_addr&, const caf::error&) {});
  // Whoever is first: the thread at its end, or this actor at its.
  const auto over = std::make_shared<std::atomic<bool>>(false);
  const auto problem = pool->run([stage, deliver = std::move(deliver), over, me = self->address()]() mutable {
    const receiver_mark receives{*stage};
    std::vector<finished_span> ready;
    while (stage->collect(ready)) {
      deliver(ready);
      ready.clear();
    }
    // The receiver is the user's: it goes before anybody learns of the end.
    deliver = nullptr;
    const auto written_off = over->exchange(true);
    tell_if_alive<collector_actor>(me, lane_ended_tag::value);
    return written_off;
  });
  self->attach_functor([stage, pool, over, started = !problem](const caf::error& why) {
    if (over->exchange(true))
      return;
    if (started) {
      log()->warn("{}: the receiver of the outcomes has not returned; its thread was written off",
                  stage->name());
      pool->write_off(1);
    }
    // What has an outcome that nobody gets has not come to a good end.
    stage->ctx().cancel({ec::canceled, "collector", describe(why)});
    stage->discard();
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
