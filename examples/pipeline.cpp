// Generate, square, print: stages in a row, each with its own workers and bounds. A stage that is full holds
// up the one before it, so memory stays flat however many numbers there are.

#include <weir/weir.hpp>

#include <iostream>
#include <ranges>

int main() {
  weir::engine engine;
  const auto ctx = weir::context::background();

  const auto printed =
      (weir::from(std::views::iota(1, 6)) |
       weir::stage([](int i) { return i * i; }, {.name = "square", .parallelism = 2}) | weir::into([](int i) {
         std::cout << i << '\n';
       })).run(engine, ctx);
  std::cout << printed.read << " read, " << printed.delivered << " printed\n";

  // The odd ones, in threes; one that can't be is named, and ends the run unless the rule says otherwise.
  const auto some = (weir::from(std::views::iota(1, 16)) | weir::filter([](int i) { return i % 2 == 1; }) |
                     weir::stage(
                         [](int i) -> caf::expected<int> {
                           if (i == 13)
                             return weir::make_error(weir::ec::failed, "13 is unlucky");
                           return i;
                         },
                         {.name = "check"}) |
                     weir::batch(3) | weir::into([](const std::vector<int>& batch) {
                       for (const auto i : batch)
                         std::cout << i << ' ';
                       std::cout << '\n';
                     })).run(engine, ctx, {.on_error = weir::policy::collect});
  for (const auto& f : some.failures)
    std::cout << "item " << f.index << " failed in " << f.stage << ": " << weir::text_of(f.why) << '\n';
}
