#include "families.hpp"

namespace bench {

namespace {

constexpr double kib_in_mib = 1024;

}  // namespace

family memory_of_a_flow(const places& at) {
  const auto squares = [&](const std::string& last) {
    return shell("'" + at.launcher + "' run '" + at.root + "/config/squares.toml' --set source.last=" + last +
                 " --set stage.parallelism=2 --set stage.capacity=1024 --quiet | '" + at.programs +
                 "/slow_reader'");
  };
  const std::string few = "weir run, range of 10 k jobs into a slow reader";
  return {.id = "G",
          .title = "peak memory of a flow with capacity 1,024 whose sink is slow",
          .unit = "MiB",
          .divisor = kib_in_mib,
          .contestants = {
              {few, squares("10000"), figure::peak_memory, 1, {}},
              {"weir run, range of 10 M jobs into a slow reader",
               squares("10000000"),
               figure::peak_memory,
               1,
               {above(few, 32)}},
          }};
}

}  // namespace bench
