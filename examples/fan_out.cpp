// Fan-out: from one source to several branches. `broadcast` gives each of them each item; `balance` gives
// each item to the next one that has room.

#include <weir/weir.hpp>

#include <atomic>
#include <iostream>
#include <ranges>
#include <vector>

int main() {
  weir::engine engine;
  const auto ctx = weir::context::background();

  std::vector<int> squares;
  int sum = 0;
  const auto sent = (weir::from(std::views::iota(1, 6)) |
                     weir::broadcast(weir::stage([](int i) { return i * i; }, {.name = "square"}) |
                                         weir::into([&](int i) { squares.push_back(i); }),
                                     weir::into([&](int i) { sum += i; })))
                        .run(engine, ctx);
  for (const auto i : squares)
    std::cout << i << ' ';
  std::cout << "\nsum " << sum << "; " << sent.read << " read, " << sent.delivered << " delivered\n";

  // Two databases, each with its own connections; whichever has room stores the next batch.
  std::atomic<std::size_t> stored{0};
  const auto database = [&](const char* name, std::size_t connections) {
    return weir::stage([](const std::vector<int>& rows) { return rows.size(); },
                       {.name = name, .parallelism = connections}) |
           weir::into([&](std::size_t rows) { stored += rows; });
  };
  const auto shared = (weir::from(std::views::iota(0, 1000)) | weir::batch(100) |
                       weir::balance(database("large", 3), database("small", 1)))
                          .run(engine, ctx);
  std::cout << stored << " rows in " << shared.delivered << " batches\n";
  for (const auto& stage : shared.stages)
    std::cout << stage.name << (stage.books.balanced() ? " balances\n" : " does not balance\n");
}
