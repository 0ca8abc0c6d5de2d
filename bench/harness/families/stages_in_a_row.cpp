#include "families.hpp"

namespace bench {

family stages_in_a_row(const places& at) {
  const auto go = [&](const std::string& capacity) {
    return contestant{"Go, a goroutine a stage, channels of " + capacity,
                      {{at.programs + "/go_pipeline", "-runs=2", "-capacity=" + capacity,
                        "-items=" + std::to_string(trivial_jobs)}},
                      figure::printed,
                      trivial_jobs,
                      {}};
  };
  const auto go_small = go("1024");
  const auto go_large = go("65536");
  const std::string tbb = "oneTBB parallel_pipeline, 1024 tokens";
  const auto weir = [&](const std::string& capacity, const contestant& peer) {
    return in_process(at, "weir::pipeline, capacity " + capacity, "pipeline_bench",
                      "weir_pipeline/" + capacity, {faster_than(tbb, 1), faster_than(peer.name, 1)});
  };
  return {.id = "P",
          .title = "1 M numbers generated, squared by 2 workers, taken in order",
          .unit = "ns an item",
          .contestants = {
              weir("65536", go_large),
              weir("8192", go_large),
              weir("1024", go_small),
              in_process(at, tbb, "pipeline_bench", "tbb_parallel_pipeline"),
              go_large,
              go_small,
          }};
}

}  // namespace bench
