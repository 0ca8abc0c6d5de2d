/// Family A: one trivial job for each element of a known range, two workers, results in input order. Each
/// contestant makes the vector of its results anew, as its callers would.

#include <weir/runtime/parallel_map.hpp>

#include <benchmark/benchmark.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t workers = 2;
constexpr std::size_t jobs = 1'000'000;

using numbers = std::vector<std::uint64_t>;

std::uint64_t trivial(std::uint64_t x) {
  return x * x + 1;
}

numbers inputs() {
  numbers all(jobs);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// Looks at all results, so that no part of a contestant's work can be left out. Not timed.
void check(benchmark::State& state, const numbers& results) {
  state.PauseTiming();
  for (std::size_t i = 0; i < jobs; ++i)
    if (results.size() != jobs || results[i] != trivial(i)) {
      state.SkipWithError("a result is wrong or not in its place");
      return;
    }
  state.ResumeTiming();
}

template <class Map>
void measure(benchmark::State& state, Map map) {
  const auto in = inputs();
  for (auto _ : state)
    check(state, map(in));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * jobs));
}

void weir_parallel_map(benchmark::State& state) {
  weir::engine engine;
  const auto task = [](std::uint64_t x) { return trivial(x); };
  measure(state, [&engine, &task](const numbers& in) {
    auto results =
        weir::parallel_map(engine, weir::context::background(), in, task, {.parallelism = workers});
    return results ? std::move(*results) : numbers{};
  });
}

void tbb_parallel_for(benchmark::State& state) {
  const tbb::global_control limit{tbb::global_control::max_allowed_parallelism, workers};
  measure(state, [](const numbers& in) {
    numbers results(in.size());
    tbb::parallel_for(tbb::blocked_range<std::size_t>{0, in.size()}, [&](const auto& range) {
      for (auto i = range.begin(); i != range.end(); ++i)
        results[i] = trivial(in[i]);
    });
    return results;
  });
}

void static_split(benchmark::State& state) {
  measure(state, [](const numbers& in) {
    numbers results(in.size());
    const auto part = [&](std::size_t first, std::size_t last) {
      for (auto i = first; i < last; ++i)
        results[i] = trivial(in[i]);
    };
    std::thread lower{part, 0, in.size() / 2};
    std::thread upper{part, in.size() / 2, in.size()};
    lower.join();
    upper.join();
    return results;
  });
}

/// Whoever is free claims so many jobs more.
void shared_cursor(benchmark::State& state) {
  const auto claim = static_cast<std::size_t>(state.range(0));
  measure(state, [claim](const numbers& in) {
    numbers results(in.size());
    std::atomic<std::size_t> cursor{0};
    const auto work = [&] {
      for (std::size_t first = 0; (first = cursor.fetch_add(claim)) < in.size();)
        for (auto i = first; i < std::min(first + claim, in.size()); ++i)
          results[i] = trivial(in[i]);
    };
    std::thread other{work};
    work();
    other.join();
    return results;
  });
}

BENCHMARK(weir_parallel_map)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(tbb_parallel_for)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(static_split)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(shared_cursor)->Arg(1)->Arg(1'024)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
