#include <weir/runtime/testing/explore.hpp>
#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;
using weir::testing::world;

BOOST_AUTO_TEST_CASE(two_threads_that_add_without_a_lock_lose_one_of_the_additions) {
  const auto seen = weir::testing::explore({}, [](world& w) {
    int sum = 0;
    const auto add = [&] {
      const auto before = sum;
      weir::sync::interleave();
      sum = before + 1;
    };
    auto a = w.spawn("a", add);
    auto b = w.spawn("b", add);
    a.join();
    b.join();
    w.check(sum == 2, "the sum is not 2");
  });
  BOOST_TEST(!seen.ok());
  std::cout << seen.text();
}

BOOST_AUTO_TEST_CASE(two_locks_in_two_orders_are_a_deadlock) {
  const auto seen = weir::testing::explore({}, [](world& w) {
    weir::sync::mutex x, y;
    auto a = w.spawn("a", [&] {
      std::lock_guard first{x};
      std::lock_guard second{y};
    });
    auto b = w.spawn("b", [&] {
      std::lock_guard first{y};
      std::lock_guard second{x};
    });
    a.join();
    b.join();
  });
  BOOST_TEST(!seen.ok());
  std::cout << seen.text();
}

BOOST_AUTO_TEST_CASE(a_pool_runs_all) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seen = weir::testing::explore({.schedules = 2000}, [](world& w) {
    weir::engine engine{w.system()};
    const auto ctx = weir::context::background();
    weir::pool<int, int> pool{
        engine, [&](int x) { return w.sleep(1ms), x * x; }, {.parallelism = 2, .capacity = 4}};
    int sum = 0;
    std::vector<weir::ticket<int>> tickets;
    for (int i = 0; i < 6; ++i)
      tickets.push_back(std::move(*pool.submit(ctx, i)));
    for (auto& t : tickets)
      sum += *t.get().result;
    w.check(sum == 55, "the sum is not 55");
  });
  BOOST_TEST(seen.ok(), seen.text());
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::cout << seen.schedules << " schedules, " << seen.steps << " steps, " << took << " s\n";
}
