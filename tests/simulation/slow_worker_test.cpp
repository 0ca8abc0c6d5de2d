#include <weir/runtime/testing/explore.hpp>
#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>

using namespace std::chrono_literals;
using weir::testing::world;

BOOST_AUTO_TEST_CASE(a_worker_that_is_100_times_slower_costs_the_other_seven_less_than_5_percent) {
  constexpr int jobs = 14'000;
  weir::duration took{};
  int by_the_slow_one = 0;
  // Nobody is held up here: the time that passes is that of the jobs.
  const auto seen = weir::testing::replay({.steps_max = 10'000'000}, {}, [&](world& w) {
    weir::engine engine{w.system()};
    const auto ctx = weir::context::background();
    weir::pool<int, int> pool{engine,
                              [&](int x) {
                                const auto slow = weir::lane::current()->number() == 0;
                                by_the_slow_one += slow ? 1 : 0;
                                w.sleep(slow ? 100ms : 1ms);
                                return x;
                              },
                              {.parallelism = 8, .capacity = 64}};
    const auto begin = w.now();
    for (int i = 0; i < jobs; ++i)
      static_cast<void>(pool.submit(ctx, i));
    const auto report = pool.drain(weir::duration::max());
    took = w.now() - begin;
    w.check(report.books.completed == jobs, "not all jobs completed");
  });
  BOOST_TEST(seen.ok(), seen.text());
  const auto of_seven = std::chrono::duration<double>(jobs / 7 * 1ms) / std::chrono::duration<double>(took);
  BOOST_TEST_MESSAGE("of seven workers' throughput: " << of_seven
                                                      << "; by the slow one: " << by_the_slow_one);
  BOOST_TEST(of_seven >= 0.95);
  BOOST_TEST(by_the_slow_one > 5);
}
