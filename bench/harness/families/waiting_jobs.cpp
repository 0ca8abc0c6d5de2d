/// Jobs that wait behind workers which are held: their memory, refusals, and what a cancel of all costs.

#include "families.hpp"

namespace bench {

family memory(const places& at, const std::string& bytes) {
  const auto by = [&](const std::string& name, const std::string& who, std::vector<target> targets = {}) {
    return printed_by(at, name, "queue_bench", {"memory", who, bytes}, std::move(targets));
  };
  return {.id = "M" + bytes,
          .title = "resident memory of 1 Mi waiting jobs of " + bytes + " bytes, beyond those",
          .unit = "bytes a job",
          .contestants = {
              by("weir::stream", "stream", {at_most(24)}),
              by("weir::pool, the callers' tickets included", "pool"),
              printed_by(at, "Go, a buffered channel", "go_queue", {"-mode=memory", "-bytes=" + bytes}),
              by("Boost.Asio thread_pool", "asio"),
              by("CAF, the mailbox of an actor", "caf"),
              by("oneTBB flow graph, function_node", "flow_graph"),
              by("std::deque", "deque"),
          }};
}

family refusal(const places& at) {
  const auto by = [&](const std::string& name, const std::string& who, std::vector<target> targets = {}) {
    return printed_by(at, name, "queue_bench", {"refuse", who}, std::move(targets));
  };
  return {.id = "R1",
          .title = "an offer that is refused, from one thread",
          .unit = "ns",
          .contestants = {
              by("weir::pool, try_submit", "pool", {at_most(50)}),
              by("weir::stream, try_submit", "stream", {at_most(50)}),
              printed_by(at, "Go, select with default", "go_queue", {"-mode=refuse"}),
              by("Boost.Asio thread_pool and a counter", "asio"),
              by("oneTBB flow graph, limiter_node", "flow_graph"),
              by("std::deque under a std::mutex", "deque"),
          }};
}

family goodput(const places& at) {
  const auto by = [&](const std::string& who, const std::string& name, const std::string& times,
                      std::vector<target> targets = {}) {
    return printed_by(at, name + ", " + times + " times what it can do", "overload_bench", {who, times},
                      std::move(targets));
  };
  const auto go = [&](const std::string& times) {
    return printed_by(at, "Go, select with default, " + times + " times what it can do", "go_overload",
                      {"-times=" + times});
  };
  const auto peak = by("weir", "weir::stream", "1");
  return {.id = "R2",
          .title = "jobs that wait 200 µs on 16 workers, 64 slots, offered faster than they are done",
          .unit = "µs a job done",
          .divisor = 1e3,
          .contestants = {
              peak,
              by("weir", "weir::stream", "2"),
              by("weir", "weir::stream", "5"),
              by("weir", "weir::stream", "10", {faster_than(peak.name, 0.95)}),
              go("1"),
              go("10"),
              by("asio", "Boost.Asio thread_pool and a counter", "1"),
              by("asio", "Boost.Asio thread_pool and a counter", "10"),
          }};
}

family cancel(const places& at) {
  const auto by = [&](const std::string& name, const std::string& who, const std::string& jobs,
                      std::vector<target> targets = {}) {
    return printed_by(at, name + ", " + jobs + " jobs", "queue_bench", {"cancel", who, jobs},
                      std::move(targets));
  };
  const auto weir = [&](const std::string& who, const std::string& jobs, std::vector<target> targets = {}) {
    return by("weir::" + who, who, jobs, std::move(targets));
  };
  const auto go = [&](const std::string& jobs) {
    return printed_by(at, "Go, a context, workers that drain the channel, " + jobs + " jobs", "go_queue",
                      {"-mode=cancel", "-jobs=" + jobs});
  };
  return {.id = "X",
          .title = "from a cancel with so many jobs queued until each outcome is there",
          .unit = "ms",
          .divisor = 1e6,
          .contestants = {
              weir("stream", "1000000", {at_most(50)}),
              weir("stream", "32000"),
              weir("stream", "1000"),
              weir("pool", "1000000", {at_most(50)}),
              weir("pool", "32000"),
              weir("pool", "1000"),
              go("1000000"),
              go("1000"),
              by("Boost.Asio thread_pool::stop, which drops them", "asio", "1000000"),
              by("oneTBB task_group::cancel, which drops them", "task_group", "1000000"),
          }};
}

}  // namespace bench
