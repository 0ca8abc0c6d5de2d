/// Family H: lookups and updates of a map with text keys from four threads, nine lookups to an update.

#include <weir/runtime/sharded_map.hpp>

#include <benchmark/benchmark.h>
#include <tbb/concurrent_hash_map.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::uint64_t keys = 65'536;
constexpr unsigned threads = 4;
constexpr std::uint64_t calls = 1'000'000;  // of all threads together
constexpr std::uint64_t shards = 64;

const std::vector<std::string>& all_keys() {
  static const auto made = [] {
    std::vector<std::string> out;
    for (std::uint64_t i = 0; i < keys; ++i)
      out.push_back("key " + std::to_string(i));
    return out;
  }();
  return made;
}

/// Calls `get(key)` nine times for each `set(key, i)`, from all threads, over keys in a fixed random order.
template <class Get, class Set>
void mixed_calls(benchmark::State& state, Get get, Set set) {
  const auto& names = all_keys();
  for (const auto& name : names)
    set(name, 0);
  for (auto _ : state) {
    std::vector<std::thread> all;
    std::atomic<std::uint64_t> found{0};
    for (unsigned t = 0; t < threads; ++t)
      all.emplace_back([&, seed = std::uint64_t{t} + 1]() mutable {
        std::uint64_t hits = 0;
        for (std::uint64_t i = 0; i < calls / threads; ++i) {
          seed = seed * 6364136223846793005u + 1442695040888963407u;
          const auto& name = names[(seed >> 33) % keys];
          if (i % 10 == 9)
            set(name, i);
          else
            hits += get(name) ? 1 : 0;
        }
        found += hits;
      });
    for (auto& t : all)
      t.join();
    if (found != calls / 10 * 9)
      state.SkipWithError("a key was not found");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * calls));
}

void weir_sharded_map(benchmark::State& state) {
  weir::sharded_map<std::string, std::uint64_t> map{shards};
  mixed_calls(
      state, [&](const std::string& key) { return map.get(key).has_value(); },
      [&](const std::string& key, std::uint64_t value) { map.set(key, value); });
}

void tbb_concurrent_hash_map(benchmark::State& state) {
  using table = tbb::concurrent_hash_map<std::string, std::uint64_t>;
  table map;
  mixed_calls(
      state,
      [&](const std::string& key) {
        table::const_accessor at;
        return map.find(at, key) && (benchmark::DoNotOptimize(at->second), true);
      },
      [&](const std::string& key, std::uint64_t value) {
        table::accessor at;
        map.insert(at, key);
        at->second = value;
      });
}

// An argument, as the harness names benchmarks with one.
BENCHMARK(weir_sharded_map)->Arg(threads)->UseRealTime();
BENCHMARK(tbb_concurrent_hash_map)->Arg(threads)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
