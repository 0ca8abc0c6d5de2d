#include <weir/actors/dispatcher.hpp>
#include <weir/actors/worker.hpp>

#include <algorithm>

namespace weir {

namespace {

using self_pointer = dispatcher_actor::stateful_pointer<dispatcher_state>;

void resize(self_pointer self, std::uint64_t parallelism) {
  auto& s = self->state;
  for (auto missing = s.stage->resize(parallelism); missing > 0; --missing)
    s.workers.push_back(self->spawn<caf::monitored>(worker, s.stage, s.pool));
}

void worker_gone(self_pointer self, const caf::actor_addr& who) {
  auto& s = self->state;
  std::erase_if(s.workers, [&](const worker_actor& w) { return w.address() == who; });
  if (s.ending && s.workers.empty())
    self->quit();
}

}  // namespace

dispatcher_actor::behavior_type dispatcher(self_pointer self, station_ptr stage, threads* pool,
                                           std::uint64_t parallelism) {
  self->state.stage = std::move(stage);
  self->state.pool = pool;
  watch(self, [self](const caf::actor_addr& who, const caf::error&) { worker_gone(self, who); });
  resize(self, parallelism);
  return {
      [self](resize_tag, std::uint64_t n) { resize(self, n); },
      [self](done_tag) {
        self->state.ending = true;
        self->state.stage->retire();
        if (self->state.workers.empty())
          self->quit();
      },
      [self](leave_tag) {
        self->state.ending = true;
        for (const auto& w : self->state.workers)
          tell(w, leave_tag::value);
        if (self->state.workers.empty())
          self->quit();
      },
  };
}

}  // namespace weir
