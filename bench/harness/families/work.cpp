#include "families.hpp"

namespace bench {

family work(const places& at, const std::string& mix) {
  const auto by = [&](const std::string& name, const std::string& who, std::vector<target> targets = {}) {
    return printed_by(at, name, "work_bench", {who, mix}, std::move(targets));
  };
  const auto in_go = [&](const std::string& name, const std::string& mode) {
    return printed_by(at, name, "go_pool",
                      {"-capacity=1024", "-mode=" + mode, "-mix=" + mix, "-runs=1", "-ideal"});
  };
  const auto go = in_go("Go worker pool, buffered channels, 1024", "pool");
  const auto errgroup = in_go("Go errgroup with a limit of 2", "errgroup");
  const auto asio = by("Boost.Asio thread_pool and a semaphore of 1024", "asio_thread_pool");
  const auto tasks = by("oneTBB task_group and a semaphore of 1024", "tbb_task_group_bounded");
  const auto graph = by("oneTBB flow graph, limiter of 1024", "tbb_flow_graph");
  const auto at_1_us = mix == "1";
  const auto efficient = at_most(1 / (at_1_us ? 0.95 : 0.97));
  constexpr double no_worse = 0.97;
  return {.id = "B" + mix,
          .title = (mix == "tail" ? "20,000 jobs of a heavy-tailed mix of 10 µs on average"
                                  : "jobs of " + mix + " µs, 200 ms of work in all") +
                   ", beside half the time of one thread",
          .unit = "times the ideal",
          .contestants = {
              by("weir::stream to a callback, capacity 1024", "weir_stream",
                 {efficient, faster_than(go.name, at_1_us ? 1.2 : no_worse),
                  faster_than(errgroup.name, at_1_us ? 2.5 : no_worse), faster_than(asio.name, no_worse),
                  faster_than(tasks.name, no_worse), faster_than(graph.name, no_worse)}),
              by("weir::parallel_map", "weir_parallel_map", {efficient}),
              by("weir::pool, a ticket a job, capacity 1024", "weir_pool"),
              by("static split on 2 plain threads", "static_split"),
              go,
              errgroup,
              asio,
              tasks,
              graph,
              by("oneTBB task_group, not bounded", "tbb_task_group"),
              by("oneTBB parallel_for", "tbb_parallel_for"),
              by("oneTBB parallel_for, simple_partitioner", "tbb_simple_partitioner"),
          }};
}

}  // namespace bench
