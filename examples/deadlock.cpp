// A wait that can never end fails at once and says who waits for whom: nothing hangs. As long as a worker is
// left for what is waited for, it is a wait like any other.

#include <weir/weir.hpp>

#include <iostream>
#include <latch>
#include <optional>
#include <set>
#include <sstream>
#include <string>

namespace {

using int_pool = weir::pool<int, int>;

/// Which of the waits came last, and failed, is a matter of time; so they are sorted.
void print_cycle(const caf::error& why) {
  const auto text = weir::describe(why);
  const auto colon = text.rfind(':') + 1;
  std::cout << "  " << text.substr(0, colon) << '\n';
  std::istringstream waits{text.substr(colon)};
  std::set<std::string> sorted;
  for (std::string wait; std::getline(waits >> std::ws, wait, ';');)
    sorted.insert(wait);
  for (const auto& wait : sorted)
    std::cout << "    " << wait << '\n';
}

void print(const weir::outcome<int>& o) {
  if (o.result)
    std::cout << "  answered: " << *o.result << '\n';
  else
    print_cycle(o.result.error());
}

/// Question 0 is one that a clerk has to ask a colleague about.
void ask_office(weir::engine& engine, std::size_t clerks) {
  std::cout << "an office of " << clerks << '\n';
  std::optional<int_pool> office;
  const auto answer = [&](int question) {
    return question == 0 ? *office->try_submit(42)->get().result : question;
  };
  office.emplace(engine, answer, weir::pool_options{.name = "office", .parallelism = clerks, .capacity = 4});
  print(office->try_submit(0)->get());
}

/// Each of two offices asks the other.
void ask_both(weir::engine& engine) {
  std::optional<int_pool> sales;
  std::optional<int_pool> stock;
  std::latch both_at_it{2};
  const auto asks = [&](std::optional<int_pool>& other) {
    return [&](int question) {
      if (question != 0)
        return question;
      both_at_it.arrive_and_wait();
      return *other->try_submit(42)->get().result;
    };
  };
  sales.emplace(engine, asks(stock), weir::pool_options{.name = "sales", .parallelism = 1, .capacity = 4});
  stock.emplace(engine, asks(sales), weir::pool_options{.name = "stock", .parallelism = 1, .capacity = 4});
  auto from_sales = sales->try_submit(0);
  auto from_stock = stock->try_submit(0);
  auto a = from_sales->get();
  auto b = from_stock->get();
  std::cout << "two offices\n";
  print(a.completed() ? a : b);
  print(a.completed() ? b : a);
}

}  // namespace

int main() {
  weir::engine engine;
  ask_office(engine, 1);
  ask_office(engine, 2);
  ask_both(engine);
}
