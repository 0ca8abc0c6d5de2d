#include "family.hpp"

namespace bench {

namespace {

constexpr std::uint64_t trivial_jobs = 1'000'000;
constexpr double ns_in_us = 1e3;
constexpr double ns_in_s = 1e9;
constexpr double kib_in_mib = 1024;

contestant in_process(const places& at, std::string name, const std::string& program,
                      const std::string& filter, std::vector<target> targets = {}) {
  return {std::move(name),
          {{at.programs + "/" + program, "--benchmark_filter=^" + filter + "/", "--benchmark_format=json",
            "--benchmark_min_time=0.3"}},
          figure::google_benchmark,
          trivial_jobs,
          std::move(targets)};
}

contestant go_pool(const places& at, const std::string& capacity) {
  return {"Go worker pool, buffered channels, " + capacity,
          {{at.programs + "/go_pool", "-workers=2", "-runs=2", "-capacity=" + capacity,
            "-jobs=" + std::to_string(trivial_jobs)}},
          figure::printed,
          trivial_jobs,
          {}};
}

family known_range(const places& at) {
  const auto go = go_pool(at, "65536");
  return {.letter = 'A',
          .title = "1 M trivial jobs over a known range, results in order",
          .contestants = {
              in_process(at, "weir::parallel_map", "map_bench", "weir_parallel_map",
                         {{"oneTBB parallel_for", 0.5, {}}, {go.name, 50, {}}}),
              in_process(at, "oneTBB parallel_for", "map_bench", "tbb_parallel_for"),
              in_process(at, "static split on 2 plain threads", "map_bench", "static_split"),
              go,
          }};
}

family one_at_a_time(const places& at) {
  const auto go = go_pool(at, "65536");
  const auto go_small = go_pool(at, "1024");
  const auto weir = [&](std::string name, const std::string& filter, const contestant& peer) {
    return in_process(at, std::move(name), "stream_bench", filter, {{peer.name, 4, {}}});
  };
  return {
      .letter = 'S',
      .title = "1 M trivial jobs submitted one at a time by one thread, outcomes in order",
      .contestants = {
          weir("weir::stream to a callback, capacity 65536", "stream_to_callback/65536", go),
          weir("weir::stream to a callback, capacity 8192", "stream_to_callback/8192", go),
          weir("weir::stream to a callback, capacity 1024", "stream_to_callback/1024", go_small),
          weir("weir::stream to an iterator, capacity 65536", "stream_to_iterator/65536", go),
          weir("weir::stream to an iterator, capacity 1024", "stream_to_iterator/1024", go_small),
          in_process(at, "weir::pool, a ticket a job, capacity 65536", "stream_bench", "pool_tickets/65536"),
          in_process(at, "weir::pool, a ticket a job, capacity 1024", "stream_bench", "pool_tickets/1024"),
          go,
          go_small,
      }};
}

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
                      "weir_pipeline/" + capacity, {{tbb, 1.0 / 3, {}}, {peer.name, 1, {}}});
  };
  return {.letter = 'P',
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

family sharded_map(const places& at) {
  const contestant go{
      "Go map in shards under sync.RWMutex",
      {{at.programs + "/go_shards", "-threads=4", "-runs=2", "-calls=" + std::to_string(trivial_jobs)}},
      figure::printed,
      trivial_jobs,
      {}};
  const std::string tbb = "oneTBB concurrent_hash_map";
  return {.letter = 'H',
          .title = "1 M calls on a map of 64 Ki texts from 4 threads, 9 lookups to an update, 64 shards",
          .unit = "ns a call",
          .contestants = {
              in_process(at, "weir::sharded_map", "shards_bench", "weir_sharded_map",
                         {{tbb, 1, {}}, {go.name, 1, {}}}),
              in_process(at, tbb, "shards_bench", "tbb_concurrent_hash_map"),
              go,
          }};
}

family run_commands(const places& at, std::uint64_t commands) {
  const auto n = std::to_string(commands);
  const auto own = [&](std::string name, const std::string& mode, std::vector<target> targets) {
    return contestant{std::move(name),
                      {{at.programs + "/exec_bench", mode, n}, true},
                      figure::wall_time,
                      commands,
                      std::move(targets)};
  };
  const auto by_shell = [&](std::string name, const std::string& script, std::vector<target> targets = {}) {
    return contestant{std::move(name), shell(script), figure::wall_time, commands, std::move(targets)};
  };
  const std::string loop = "posix_spawn loop, 2 at a time, output captured";
  const std::string parallel = "GNU parallel -j2";
  const std::vector<target> demands{{loop, 0.8, {}}, {parallel, 4, {}}};
  return {
      .letter = 'E',
      .title = n + " times /bin/true, 2 at a time, the whole program timed",
      .unit = "µs a command",
      .divisor = ns_in_us,
      .contestants = {
          own("exec task under weir::parallel_map, output captured", "weir", demands),
          by_shell("weir run, exec task, output captured",
                   "seq " + n + " | '" + at.launcher + "' run '" + at.root + "/bench/exec/true.toml' --quiet",
                   demands),
          own(loop, "spawn_loop", {}),
          by_shell("xargs -P2 -n1, output not captured", "seq " + n + " | xargs -P2 -n1 /bin/true"),
          by_shell(parallel, "seq " + n + " | parallel --will-cite -j2 /bin/true"),
      }};
}

family checksum_flow(const places& at) {
  const std::string xargs = "find | xargs -0 -P2 -n64 sha256sum";
  return {.letter = 'F',
          .title = "SHA-256 of every file under /usr/share, warm cache, 2 at a time",
          .unit = "s",
          .divisor = ns_in_s,
          .contestants = {
              {"weir run config/checksum.toml",
               {{at.launcher, "run", at.root + "/config/checksum.toml", "--set", "source.root=/usr/share",
                 "--set", "stage.parallelism=2", "--quiet"},
                true},
               figure::wall_time,
               1,
               {{xargs, 1 / 1.05, {}}}},
              {xargs,
               shell("find /usr/share -type f -print0 | xargs -0 -P2 -n64 sha256sum"),
               figure::wall_time,
               1,
               {}},
          }};
}

family memory(const places& at) {
  const auto squares = [&](const std::string& last) {
    return shell("'" + at.launcher + "' run '" + at.root + "/config/squares.toml' --set source.last=" + last +
                 " --set stage.parallelism=2 --set stage.capacity=1024 --quiet | '" + at.programs +
                 "/slow_reader'");
  };
  const std::string few = "weir run, range of 10 k jobs into a slow reader";
  return {.letter = 'M',
          .title = "peak memory of a flow with capacity 1,024 whose sink is slow",
          .unit = "MiB",
          .divisor = kib_in_mib,
          .contestants = {
              {few, squares("10000"), figure::peak_memory, 1, {}},
              {"weir run, range of 10 M jobs into a slow reader",
               squares("10000000"),
               figure::peak_memory,
               1,
               {{few, 0, 32 * 1024}}},
          }};
}

}  // namespace

std::vector<family> all_families(const places& at, extent how_much) {
  // GNU parallel takes seconds for a thousand, which a quick run has not got.
  const std::uint64_t commands = how_much == extent::quick ? 200 : 1'000;
  std::vector<family> all{known_range(at), one_at_a_time(at),          stages_in_a_row(at),
                          sharded_map(at), run_commands(at, commands), checksum_flow(at)};
  if (how_much == extent::full)
    all.push_back(memory(at));
  return all;
}

}  // namespace bench
