#pragma once

#include <weir/actors/protocol.hpp>

namespace weir {

struct dispatcher_state {
  static constexpr const char* name = "weir.dispatcher";

  station_ptr stage;
  threads* pool = nullptr;
  std::vector<worker_actor> workers;
  bool ending = false;
};

dispatcher_actor::behavior_type dispatcher(dispatcher_actor::stateful_pointer<dispatcher_state> self,
                                           station_ptr stage, threads* pool, std::uint64_t parallelism);

}  // namespace weir
