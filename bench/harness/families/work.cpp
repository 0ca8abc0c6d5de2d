#include "families.hpp"

namespace bench {

family work(const places& at, const std::string& mix) {
  const auto in_work_bench = [&](const std::string& name, const std::string& benchmark,
                                 std::vector<target> targets = {}) {
    return in_process(at, name, "work_bench", benchmark + "/" + mix, std::move(targets));
  };
  const auto ideal = in_work_bench("the work itself, on one thread, halved", "ideal");
  const auto go =
      printed_by(at, "Go worker pool, buffered channels, 1024", "go_pool", {"-capacity=1024", "-mix=" + mix});
  const auto errgroup =
      printed_by(at, "Go errgroup with a limit of 2", "go_pool", {"-mode=errgroup", "-mix=" + mix});
  const auto asio = in_work_bench("Boost.Asio thread_pool and a semaphore of 1024", "asio_thread_pool");
  const auto graph = in_work_bench("oneTBB flow graph, limiter of 1024", "tbb_flow_graph");
  const auto at_1_us = mix == "1";
  const auto efficient = faster_than(ideal.name, at_1_us ? 0.95 : 0.97);
  constexpr double no_worse = 0.97;
  return {.id = "B" + mix,
          .title = mix == "tail" ? "20,000 jobs of a heavy-tailed mix of 10 µs on average"
                                 : "jobs of " + mix + " µs, 200 ms of work in all",
          .unit = "µs a job",
          .divisor = 1e3,
          .contestants = {
              in_work_bench("weir::stream to a callback, capacity 1024", "weir_stream",
                            {efficient, faster_than(go.name, at_1_us ? 1.2 : no_worse),
                             faster_than(errgroup.name, at_1_us ? 2.5 : no_worse),
                             faster_than(asio.name, no_worse), faster_than(graph.name, no_worse)}),
              in_work_bench("weir::parallel_map", "weir_parallel_map", {efficient}),
              ideal,
              in_work_bench("static split on 2 plain threads", "static_split"),
              go,
              errgroup,
              asio,
              graph,
              in_work_bench("oneTBB task_group, not bounded", "tbb_task_group"),
              in_work_bench("oneTBB parallel_for", "tbb_parallel_for"),
          }};
}

}  // namespace bench
