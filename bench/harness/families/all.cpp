#include "families.hpp"

namespace bench {

std::vector<family> all_families(const places& at, extent how_much) {
  // GNU parallel takes seconds for a thousand, which a quick run has not got.
  const std::uint64_t commands = how_much == extent::quick ? 200 : 1'000;
  std::vector<family> all{known_range(at),
                          work(at, "1"),
                          work(at, "10"),
                          work(at, "100"),
                          work(at, "tail"),
                          latency(at, "p50"),
                          latency(at, "p99"),
                          idle(at),
                          one_at_a_time(at),
                          stages_in_a_row(at),
                          keyed(at),
                          sharded_map(at),
                          memory(at, "8"),
                          memory(at, "64"),
                          refusal(at),
                          goodput(at),
                          cancel(at),
                          nodes_short(at),
                          nodes_blocks(at),
                          nodes_latency(at, "p50"),
                          nodes_latency(at, "p99"),
                          nodes_wait(at),
                          run_commands(at, commands),
                          checksum_flow(at)};
  if (how_much == extent::full)
    all.push_back(memory_of_a_flow(at));
  return all;
}

}  // namespace bench
