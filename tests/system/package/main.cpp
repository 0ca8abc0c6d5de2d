#include <weir/weir.hpp>

#include <iostream>
#include <vector>

int main() {
  weir::engine engine;
  const std::vector<int> sides{1, 2, 3, 4};
  const auto areas =
      weir::parallel_map(engine, weir::context::background(), sides, [](int side) { return side * side; });
  if (!areas) {
    std::cerr << to_string(areas.error()) << '\n';
    return 1;
  }
  for (const auto area : *areas)
    std::cout << area << '\n';
}
