// Order by key: what belongs together is done one after the other, in the order in which it came, however
// many workers there are. A key that is slow holds up nobody but itself.

#include <weir/weir.hpp>

#include <iostream>
#include <latch>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace {

struct booking {
  std::string account;
  int amount;
};

}  // namespace

int main() {
  weir::engine engine;
  const auto ctx = weir::context::background();

  // Needs no lock: two bookings of one account never run at the same time.
  std::map<std::string, int> balances{{"ann", 0}, {"bob", 0}, {"cleo", 0}};
  std::latch bank_abroad{1};
  const auto book = [&](const booking& b) -> caf::expected<int> {
    if (b.account == "ann")
      bank_abroad.wait();
    auto& balance = balances.at(b.account);
    if (balance + b.amount < 0)
      return weir::make_error(weir::ec::failed, "there are only " + std::to_string(balance));
    return balance += b.amount;
  };
  weir::pool<booking, int> bookings{
      engine, weir::keyed(&booking::account, book), {.parallelism = 2, .capacity = 16}};
  std::map<std::string, std::vector<weir::ticket<int>>> of;
  for (const auto& b : std::vector<booking>{{"ann", 100},
                                            {"ann", -80},
                                            {"bob", 50},
                                            {"ann", -30},
                                            {"ann", 10},
                                            {"cleo", 5},
                                            {"bob", -50},
                                            {"bob", -1}})
    of[b.account].push_back(std::move(*bookings.try_submit(b)));
  const auto print = [&](const std::string& account) {
    std::cout << account << ':';
    for (auto& t : of[account]) {
      const auto o = t.get();
      std::cout << ' '
                << (o.result ? std::to_string(*o.result) : '(' + weir::text_of(o.result.error()) + ')');
    }
    std::cout << '\n';
  };
  print("bob");
  print("cleo");
  std::cout << "(ann still waits for a bank abroad)\n";
  bank_abroad.count_down();
  print("ann");

  // A stage of a pipeline may be keyed as well: these are readings of ten meters, each with its number.
  std::vector<std::pair<int, int>> readings;
  for (int i = 0; i < 10'000; ++i)
    readings.emplace_back(i % 10, i / 10);
  std::vector<int> next(10);
  const auto in_turn = [&](const std::pair<int, int>& r) { return r.second == next[r.first]++ ? 1 : 0; };
  int in_order = 0;
  const auto all = weir::stage(weir::keyed(&std::pair<int, int>::first, in_turn), {.parallelism = 8});
  const auto read = (weir::from(readings) | all | weir::into([&](int n) { in_order += n; })).run(engine, ctx);
  std::cout << read.read << " readings by 8 workers, " << in_order << " in order\n";
}
