/// Family B: jobs of 1, 10 and 100 µs and of a heavy-tailed mix, two workers. The figure is the time of all
/// jobs, for each; the ideal is that of one plain thread, halved.

#include <weir/runtime/parallel_map.hpp>
#include <weir/runtime/stream.hpp>

#include <benchmark/benchmark.h>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "../support/mix.hpp"

namespace {

constexpr std::size_t workers = 2;
constexpr std::size_t capacity = 1024;

using numbers = std::vector<std::uint64_t>;

/// What all contestants do: job i is churned for so many rounds, and its result put into its place.
struct load {
  numbers lengths;
  numbers results = numbers(lengths.size());

  void run(std::size_t i) { results[i] = bench::churn(i, lengths[i]); }
  [[nodiscard]] std::size_t size() const { return lengths.size(); }
};

using contestant = std::function<void(load&)>;

void measure(benchmark::State& state, contestant (*make)(), const std::string& mix) {
  const auto run = make();
  load jobs{bench::lengths_of(mix)};
  numbers expected(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i)
    expected[i] = bench::churn(i, jobs.lengths[i]);
  for (auto _ : state) {
    run(jobs);
    state.PauseTiming();
    if (jobs.results != expected) {
      state.SkipWithError("a result is wrong or not in its place");
      return;
    }
    // What a later run loses is not there from an earlier one.
    std::fill(jobs.results.begin(), jobs.results.end(), 0);
    state.ResumeTiming();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * jobs.size()));
}

/// The work itself. Its figure is halved by counting each job twice.
void ideal(benchmark::State& state, const std::string& mix) {
  load jobs{bench::lengths_of(mix)};
  for (auto _ : state) {
    for (std::size_t i = 0; i < jobs.size(); ++i)
      jobs.run(i);
    benchmark::DoNotOptimize(jobs.results.data());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(workers * state.iterations() * jobs.size()));
}

contestant static_split() {
  return [](load& jobs) {
    const auto part = [&](std::size_t first, std::size_t last) {
      for (auto i = first; i < last; ++i)
        jobs.run(i);
    };
    std::thread lower{part, 0, jobs.size() / 2};
    std::thread upper{part, jobs.size() / 2, jobs.size()};
    lower.join();
    upper.join();
  };
}

contestant weir_parallel_map() {
  const auto on = std::make_shared<weir::engine>();
  return [on](load& jobs) {
    numbers indices(jobs.size());
    std::iota(indices.begin(), indices.end(), 0);
    const auto done = weir::parallel_map(*on, weir::context::background(), indices,
                                         [&](std::uint64_t i) { jobs.run(i); }, {.parallelism = workers});
    benchmark::DoNotOptimize(done);
  };
}

contestant weir_stream() {
  const auto on = std::make_shared<weir::engine>();
  return [on](load& jobs) {
    const auto ctx = weir::context::background();
    weir::stream<std::uint64_t, std::uint64_t> s{
        *on, [&](std::uint64_t i) { return bench::churn(i, jobs.lengths[i]); },
        weir::stream_options{.parallelism = workers, .capacity = capacity},
        [&](const weir::outcome<std::uint64_t>& o) { jobs.results[o.index] = o.result ? *o.result : 0; }};
    for (std::uint64_t i = 0; i < jobs.size(); ++i)
      static_cast<void>(s.submit(ctx, i));
    s.close();
    s.wait();
  };
}

contestant asio_thread_pool() {
  return [](load& jobs) {
    boost::asio::thread_pool pool{workers};
    std::counting_semaphore<> slots{capacity};
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      slots.acquire();
      boost::asio::post(pool, [&jobs, &slots, i] {
        jobs.run(i);
        slots.release();
      });
    }
    pool.join();
  };
}

contestant tbb_parallel_for() {
  return [](load& jobs) {
    const tbb::global_control limit{tbb::global_control::max_allowed_parallelism, workers};
    tbb::parallel_for(std::size_t{0}, jobs.size(), [&](std::size_t i) { jobs.run(i); });
  };
}

contestant tbb_task_group() {
  return [](load& jobs) {
    const tbb::global_control limit{tbb::global_control::max_allowed_parallelism, workers};
    tbb::task_group group;
    for (std::size_t i = 0; i < jobs.size(); ++i)
      group.run([&jobs, i] { jobs.run(i); });
    group.wait();
  };
}

contestant tbb_flow_graph() {
  return [](load& jobs) {
    const tbb::global_control limit{tbb::global_control::max_allowed_parallelism, workers};
    using namespace tbb::flow;
    graph g;
    std::size_t next = 0;
    input_node<std::size_t> source{g, [&](tbb::flow_control& control) {
                                     if (next == jobs.size())
                                       control.stop();
                                     return next++;
                                   }};
    limiter_node<std::size_t> limiter{g, capacity};
    function_node<std::size_t, continue_msg> work{g, workers, [&](std::size_t i) {
                                                    jobs.run(i);
                                                    return continue_msg{};
                                                  }};
    make_edge(source, limiter);
    make_edge(limiter, work);
    make_edge(work, limiter.decrementer());
    source.activate();
    g.wait_for_all();
  };
}

struct entry {
  const char* name;
  contestant (*make)();
};
constexpr entry contestants[] = {
    {"weir_parallel_map", weir_parallel_map}, {"weir_stream", weir_stream},
    {"asio_thread_pool", asio_thread_pool},   {"tbb_parallel_for", tbb_parallel_for},
    {"tbb_task_group", tbb_task_group},       {"tbb_flow_graph", tbb_flow_graph},
    {"static_split", static_split},
};

}  // namespace

int main(int argc, char** argv) {
  for (const std::string mix : {"1", "10", "100", "tail"}) {
    benchmark::RegisterBenchmark(("ideal/" + mix).c_str(), ideal, mix)->UseRealTime();
    for (const auto& c : contestants)
      benchmark::RegisterBenchmark((std::string{c.name} + "/" + mix).c_str(), measure, c.make, mix)
          ->UseRealTime();
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
