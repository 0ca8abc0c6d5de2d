#include "families.hpp"

namespace bench {

family sharded_map(const places& at) {
  const contestant go{
      "Go map in shards under sync.RWMutex",
      {{at.programs + "/go_shards", "-threads=4", "-runs=2", "-calls=" + std::to_string(trivial_jobs)}},
      figure::printed,
      trivial_jobs,
      {}};
  const std::string tbb = "oneTBB concurrent_hash_map";
  return {.id = "H",
          .title = "1 M calls on a map of 64 Ki texts from 4 threads, 9 lookups to an update, 64 shards",
          .unit = "ns a call",
          .contestants = {
              in_process(at, "weir::sharded_map", "shards_bench", "weir_sharded_map",
                         {faster_than(tbb, 1), faster_than(go.name, 1)}),
              in_process(at, tbb, "shards_bench", "tbb_concurrent_hash_map"),
              go,
          }};
}

}  // namespace bench
