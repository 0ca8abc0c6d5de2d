/// Jobs that another process does, over loopback.

#include "families.hpp"

namespace bench {

namespace {

/// Weir's own. Without the program the report says that they were not run.
contestant weir(const places& at, const std::string& name, std::vector<std::string> arguments,
                std::vector<target> targets = {}) {
  return printed_by(at, name, "nodes_bench", std::move(arguments), std::move(targets));
}

contestant zeromq(const places& at, const std::string& name, std::vector<std::string> arguments) {
  return printed_by(at, "ZeroMQ, " + name, "nodes_zeromq", std::move(arguments));
}

contestant go(const places& at, const std::string& name, std::vector<std::string> arguments) {
  return printed_by(at, "Go, " + name, "go_nodes", std::move(arguments));
}

contestant asio(const places& at, const std::string& name, std::vector<std::string> arguments) {
  return printed_by(at, "Boost.Asio, " + name, "nodes_asio", std::move(arguments));
}

contestant as_share(contestant c) {
  c.read = figure::printed_share;
  return c;
}

}  // namespace

family nodes_short(const places& at) {
  const auto one_by_one = zeromq(at, "PUSH and PULL, a message a job", {"short"});
  const auto gob = go(at, "gob, a gob a job", {"gob", "short"});
  return {.id = "Nshort",
          .title =
              "jobs of 16 bytes to another process, submitted one by one, at most 65,536 under way, "
              "results in order",
          .contestants = {
              weir(at, "weir::stream over a node", {"short"},
                   {at_most(60), faster_than(one_by_one.name, 5), faster_than(gob.name, 20)}),
              weir(at, "weir::stream over a node, with TLS", {"short", "tls"}, {at_most(90)}),
              one_by_one,
              zeromq(at, "PUSH and PULL, 1,024 jobs a message", {"short", "1024"}),
              go(at, "net/rpc, a call a job", {"rpc", "short"}),
              go(at, "net/rpc, 1,024 jobs a call", {"rpc", "short", "1024"}),
              go(at, "net/rpc, 1,024 jobs a call, in columns", {"rpc", "columns", "1024"}),
              gob,
              go(at, "gob, 1,024 jobs a gob", {"gob", "short", "1024"}),
              go(at, "gob, 1,024 jobs a gob, in columns", {"gob", "columns", "1024"}),
              asio(at, "blobs of 1,024 jobs and nothing else", {"short", "1024"}),
          }};
}

family nodes_blocks(const places& at) {
  return {.id = "N1k",
          .title =
              "jobs of 1 KiB to another process, results of 1 KiB in order, at most 4,096 under way; "
              "1,024 ns a job is 1 GB/s each way",
          .contestants = {
              weir(at, "weir::stream over a node", {"1k"}, {at_most(1'024)}),
              weir(at, "weir::stream over a node, with TLS", {"1k", "tls"}),
              zeromq(at, "PUSH and PULL, a message a job", {"1k"}),
              zeromq(at, "PUSH and PULL, 256 jobs a message", {"1k", "256"}),
              go(at, "gob, 256 jobs a gob", {"gob", "1k", "256"}),
              asio(at, "blobs of 256 jobs and nothing else", {"1k", "256"}),
          }};
}

family nodes_latency(const places& at, const std::string& percentile) {
  return {.id = "N" + percentile,
          .title = "one job of 16 bytes to another process and back, one after the other, " + percentile +
                   " of 2,000",
          .unit = "µs",
          .divisor = 1e3,
          .contestants = {
              weir(at, "weir, a remote task", {percentile},
                   percentile == "p50" ? std::vector{at_most(200)} : std::vector<target>{}),
              weir(at, "weir, a remote task, with TLS", {percentile, "tls"}),
              zeromq(at, "REQ and REP", {percentile}),
              go(at, "net/rpc", {"rpc", percentile}),
              go(at, "gob", {"gob", percentile}),
              asio(at, "write and read", {percentile}),
          }};
}

family nodes_wait(const places& at) {
  const auto floor = as_share(printed_by(at, "two threads that wait", "nodes_asio", {"efficiency"}));
  return {
      .id = "Nwait",
      .title = "jobs that wait 1 ms on two other processes with a worker each, beside the ideal",
      .unit = "times the ideal",
      .contestants = {
          as_share(weir(at, "weir::stream over two nodes", {"efficiency"}, {faster_than(floor.name, 0.95)})),
          as_share(zeromq(at, "ROUTER to whichever node is ready", {"efficiency"})),
          as_share(zeromq(at, "ROUTER, 2 jobs under way to each node", {"efficiency", "2"})),
          as_share(go(at, "net/rpc, 2 calls under way to each node", {"rpc", "efficiency", "2"})),
          floor,
      }};
}

}  // namespace bench
