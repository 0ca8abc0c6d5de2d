/// Family E: /bin/true for each of N items, two at a time, output captured.
///   exec_bench weir N          the exec task under parallel_map
///   exec_bench spawn_loop N    a bare loop around posix_spawn

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/parallel_map.hpp>

#include <cstdlib>
#include <iostream>
#include <numeric>
#include <string_view>

#include "spawn_loop.hpp"

namespace {

constexpr std::size_t at_once = 2;

/// The settings with which a flow file that gives only the command would make the task.
weir::settings defaults_with_command(const weir::task_kind& kind) {
  weir::settings given;
  for (const auto& spec : kind.accepts)
    given.set(spec.name, spec.fallback);
  given.set("command", std::vector<std::string>{"/bin/true"});
  return given;
}

std::string run_weir(std::size_t n) {
  const auto kind = weir::exec_task();
  auto task = kind.make(defaults_with_command(kind));
  if (!task)
    return weir::text_of(task.error());
  std::vector<weir::item> items;
  for (std::size_t i = 0; i < n; ++i)
    items.push_back({static_cast<std::int64_t>(i), std::to_string(i)});
  weir::engine engine;
  const auto records =
      weir::parallel_map(engine, weir::context::background(), items, *task, {.parallelism = at_once});
  return records ? std::string{} : weir::text_of(records.error());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[1] : "";
  const auto n = argc == 3 ? std::strtoul(argv[2], nullptr, 10) : 0;
  std::string problem = "usage: exec_bench weir|spawn_loop N";
  if (mode == "weir")
    problem = run_weir(n);
  else if (mode == "spawn_loop")
    problem = bench::spawn_loop("/bin/true", n, at_once);
  if (problem.empty())
    return 0;
  std::cerr << problem << '\n';
  return 1;
}
