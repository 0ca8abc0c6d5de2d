#include "families.hpp"

namespace bench {

namespace {

contestant by_latency_bench(const places& at, const std::string& name, const std::string& who,
                            const std::string& what, std::vector<target> targets = {}) {
  return printed_by(at, name, "latency_bench", {who, what}, std::move(targets));
}

}  // namespace

family latency(const places& at, const std::string& percentile) {
  const auto by = [&](const std::string& name, const std::string& who, std::vector<target> targets = {}) {
    return by_latency_bench(at, name, who, percentile, std::move(targets));
  };
  const auto asio = by("Boost.Asio thread_pool, post and future", "asio");
  const auto median = percentile == "p50";
  return {
      .id = "C" + percentile,
      .title = "one job there and back, 1 ms between two of them, " + percentile + " of 1,000",
      .unit = "µs",
      .divisor = 1e3,
      .contestants = {
          by("weir::pool, submit and get", "weir",
             median ? std::vector{at_most(8), faster_than(asio.name, 1 / 2.5)} : std::vector{at_most(20)}),
          by("weir::stream, submit and next", "weir_stream"),
          asio,
          by("CAF, request to an actor, policy sharing", "caf_sharing"),
          by("CAF, request to an actor, default policy", "caf_default"),
          printed_by(at, "Go, two channels and 2 goroutines", "go_latency", {"-percentile=" + percentile}),
          by("a plain thread with two condition variables", "plain"),
      }};
}

family idle(const places& at) {
  const auto by = [&](const std::string& name, const std::string& who, std::vector<target> targets = {}) {
    return by_latency_bench(at, name, who, "idle", std::move(targets));
  };
  return {.id = "Cidle",
          .title = "CPU time of 2 workers that have nothing to do, for 2 s",
          .unit = "% of a core",
          .divisor = 1e7,  // ns a second
          .contestants = {
              by("weir::pool", "weir", {at_most(0.02)}),
              by("Boost.Asio thread_pool", "asio"),
              by("CAF, policy sharing", "caf_sharing"),
              by("CAF, default policy", "caf_default"),
              printed_by(at, "Go", "go_latency", {"-percentile=idle"}),
          }};
}

}  // namespace bench
