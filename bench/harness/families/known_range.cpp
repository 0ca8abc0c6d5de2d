#include "families.hpp"

namespace bench {

family known_range(const places& at) {
  const std::string tbb = "oneTBB parallel_for";
  const std::string split = "static split on 2 plain threads";
  const auto go = go_pool(at, "65536");
  return {.id = "A",
          .title = "1 M trivial jobs over a known range, results in order",
          .contestants = {
              in_process(at, "weir::parallel_map", "map_bench", "weir_parallel_map",
                         {faster_than(tbb, 1 / 1.5), faster_than(split, 1 / 1.3), faster_than(go.name, 80)}),
              in_process(at, tbb, "map_bench", "tbb_parallel_for"),
              in_process(at, split, "map_bench", "static_split"),
              in_process(at, "2 plain threads, a shared cursor moved by 1,024", "map_bench",
                         "shared_cursor/1024"),
              in_process(at, "2 plain threads, a shared cursor moved by 1", "map_bench", "shared_cursor/1"),
              go,
          }};
}

}  // namespace bench
