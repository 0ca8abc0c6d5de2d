#include <weir/runtime/testing/explore.hpp>
#include <weir/weir.hpp>

#include <iostream>

int main() {
  const auto seen = weir::testing::explore({.schedules = 100}, [](weir::testing::world& w) {
    weir::engine engine{w.system()};
    weir::pool<int, int> pool{
        engine, [](int side) { return side * side; }, {.parallelism = 2, .capacity = 2}};
    auto ticket = pool.submit(weir::context::background(), 7);
    w.check(*ticket->get().result == 49, "the square of 7");
  });
  std::cout << seen.text();
  return seen.ok() ? 0 : 1;
}
