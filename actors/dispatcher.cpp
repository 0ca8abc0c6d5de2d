#include <weir/actors/dispatcher.hpp>
#include <weir/actors/worker.hpp>

#include <algorithm>

namespace weir {

namespace {

using self_pointer = dispatcher_actor::stateful_pointer<dispatcher_state>;

void resize(self_pointer self, std::uint64_t parallelism) {
  auto& s = self->state;
  if (s.ending)
    return;
  s.parallelism = parallelism;
  for (auto missing = s.stage->resize(parallelism); missing > 0; --missing)
    s.workers.push_back(self->spawn<caf::monitored>(worker, s.stage, s.pool));
}

/// Ends when the last worker has gone.
void end(self_pointer self) {
  self->state.ending = true;
  self->state.retry.reset();
  self->state.stage->retire();
  if (self->state.workers.empty())
    self->quit();
}

void worker_gone(self_pointer self, const caf::actor_addr& who, const caf::error& why) {
  auto& s = self->state;
  std::erase_if(s.workers, [&](const worker_actor& w) { return w.address() == who; });
  if (s.ending && s.workers.empty())
    self->quit();
  // A worker that was lost otherwise has left its lane behind, which goes on.
  auto& time = control_clock_for(s.stage->ctx().time());
  if (!s.ending && is(why, ec::overloaded))
    s.retry =
        tell_at(time, time.now() + s.retry_after, caf::actor_cast<dispatcher_actor>(self), retry_tag::value);
}

}  // namespace

dispatcher_actor::behavior_type dispatcher(self_pointer self, const station_ptr& stage, threads* pool,
                                           std::uint64_t parallelism) {
  self->state.stage = stage;
  self->state.pool = pool;
  watch(self, [self](const caf::actor_addr& who, const caf::error& why) { worker_gone(self, who, why); });
  resize(self, parallelism);
  return {
      [self](resize_tag, std::uint64_t n) { resize(self, n); },
      [self](retry_tag) { resize(self, self->state.parallelism); },
      [self](done_tag) { end(self); },
      [self](leave_tag) {
        end(self);
        for (const auto& w : self->state.workers)
          tell(w, leave_tag::value);
      },
  };
}

}  // namespace weir
