// Fan out, fan in: a function over all inputs on a bounded number of workers. The results come in the
// order of the input; the first failure cancels the rest and is what the caller gets.

#include <weir/weir.hpp>

#include <iostream>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

/// Steps until 1 in the Collatz sequence.
int steps_to_one(long n) {
  int steps = 0;
  for (; n != 1; n = n % 2 == 0 ? n / 2 : 3 * n + 1)
    ++steps;
  return steps;
}

int parse(const std::string& text) {
  if (text == "oops")
    throw std::invalid_argument{"\"" + text + "\" is not a number"};
  return std::stoi(text);
}

}  // namespace

int main() {
  weir::engine engine;
  const auto ctx = weir::context::background();

  const auto steps = weir::parallel_map(engine, ctx, std::views::iota(1L, 11L), steps_to_one);
  if (!steps)
    return 1;
  std::cout << "steps to one:";
  for (const auto s : *steps)
    std::cout << ' ' << s;
  std::cout << '\n';

  const std::vector<std::string> words{"1", "2", "oops", "4", "5"};
  const auto numbers = weir::parallel_map(engine, ctx, words, parse, {.parallelism = 2});
  std::cout << "numbers: " << (numbers ? "all" : weir::describe(numbers.error())) << '\n';

  // With `collect` every job runs, and parallel_outcomes says what became of each.
  const auto outcomes =
      weir::parallel_outcomes(engine, ctx, words, parse, {.on_error = weir::policy::collect});
  for (const auto& o : *outcomes)
    std::cout << "job " << o.index << ": "
              << (o.completed() ? std::to_string(*o.result) : weir::text_of(o.result.error())) << '\n';
}
