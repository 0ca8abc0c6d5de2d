#pragma once

#include <weir/actors/protocol.hpp>

namespace weir {

struct worker_state {
  static constexpr const char* name = "weir.worker";
};

worker_actor::behavior_type worker(worker_actor::stateful_pointer<worker_state> self,
                                   const station_ptr& stage, threads* pool);

}  // namespace weir
