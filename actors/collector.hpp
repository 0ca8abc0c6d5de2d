#pragma once

#include <weir/actors/protocol.hpp>

namespace weir {

struct collector_state {
  static constexpr const char* name = "weir.collector";
};

collector_actor::behavior_type collector(collector_actor::stateful_pointer<collector_state> self,
                                         const station_ptr& stage, threads* pool, delivery deliver);

}  // namespace weir
