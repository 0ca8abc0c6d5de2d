#include "families.hpp"

namespace bench {

namespace {

constexpr double ns_in_us = 1e3;

}  // namespace

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
  const std::string xargs = "xargs -P2 -n1, output not captured";
  const std::string parallel = "GNU parallel -j2";
  const std::vector<target> demands{faster_than(loop, 1 / 1.1), faster_than(parallel, 5.5),
                                    faster_than(xargs, 1)};
  return {
      .id = "E",
      .title = n + " times /bin/true, 2 at a time, the whole program timed",
      .unit = "µs a command",
      .divisor = ns_in_us,
      .contestants = {
          own("exec task under weir::parallel_map, output captured", "weir", demands),
          by_shell("weir run, exec task, output captured",
                   "seq " + n + " | '" + at.launcher + "' run '" + at.root + "/bench/exec/true.toml' --quiet",
                   demands),
          own(loop, "spawn_loop", {}),
          by_shell(xargs, "seq " + n + " | xargs -P2 -n1 /bin/true"),
          by_shell(parallel, "seq " + n + " | parallel --will-cite -j2 /bin/true"),
      }};
}

}  // namespace bench
