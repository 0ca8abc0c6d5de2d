#pragma once

#include <weir/actors/protocol.hpp>

namespace weir {

struct dispatcher_state {
  /// How long to wait for the system to have a thread again.
  static constexpr duration retry_after = std::chrono::seconds{1};

  static constexpr const char* name = "weir.dispatcher";

  station_ptr stage;
  threads* pool = nullptr;
  std::vector<worker_actor> workers;
  std::uint64_t parallelism = 1;  ///< as it was asked for last
  timer retry;
  bool ending = false;
};

dispatcher_actor::behavior_type dispatcher(dispatcher_actor::stateful_pointer<dispatcher_state> self,
                                           const station_ptr& stage, threads* pool,
                                           std::uint64_t parallelism);

}  // namespace weir
