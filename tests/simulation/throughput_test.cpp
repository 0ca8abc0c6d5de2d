/// What bad workers and bad jobs cost the others, in virtual time: nobody is held up here, so that the time
/// that passes is that of the jobs.

#include <weir/runtime/testing/explore.hpp>
#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/event_based_actor.hpp>

#include <chrono>
#include <stdexcept>

using namespace std::chrono_literals;
using weir::testing::world;

namespace {

double ratio(weir::duration a, weir::duration b) {
  return std::chrono::duration<double>(a) / std::chrono::duration<double>(b);
}

void run_undisturbed(const std::function<void(world&)>& body) {
  const auto seen = weir::testing::replay({.message_threads = 10, .steps_max = 10'000'000}, {}, body);
  BOOST_TEST(seen.ok(), seen.text());
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_worker_that_is_100_times_slower_costs_the_other_seven_less_than_5_percent) {
  constexpr int jobs = 14'000;
  weir::duration took{};
  int by_the_slow_one = 0;
  run_undisturbed([&](world& w) {
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
  const auto of_seven = ratio(jobs / 7 * 1ms, took);
  BOOST_TEST_MESSAGE("of seven workers' throughput: " << of_seven
                                                      << "; by the slow one: " << by_the_slow_one);
  BOOST_TEST(of_seven >= 0.95);
  BOOST_TEST(by_the_slow_one > 5);
}

BOOST_AUTO_TEST_CASE(jobs_that_kill_their_workers_leave_the_others_90_percent_of_their_throughput) {
  constexpr int jobs = 8'000;
  const auto time_with = [](int poison_every) {
    weir::duration took{};
    run_undisturbed([&](world& w) {
      weir::engine engine{w.system()};
      const auto ctx = weir::context::background();
      int deaths = 0;
      const auto work = [&](caf::event_based_actor* self) -> caf::behavior {
        weir::watch(self, [](const caf::actor_addr&, const caf::error&) {});
        return {[&](int x) -> caf::result<int> {
          if (poison_every > 0 && x % poison_every == 0) {
            ++deaths;
            throw std::runtime_error{"poison"};
          }
          w.sleep(1ms);
          return x;
        }};
      };
      weir::pool<int, int> pool{
          engine,
          weir::worker_from_actor<int, int>(engine, [&](caf::actor_system& s) { return s.spawn(work); },
                                            {.workers = 8, .restart = {.intensity = 1'000'000}}),
          {.parallelism = 8, .capacity = 64}};
      const auto begin = w.now();
      for (int i = 1; i <= jobs; ++i)
        static_cast<void>(pool.submit(ctx, i));
      const auto books = pool.drain(weir::duration::max()).books;
      took = w.now() - begin;
      const auto poisoned = poison_every > 0 ? jobs / poison_every : 0;
      w.check(books.failed == static_cast<std::uint64_t>(poisoned), "a job failed that is no poison");
      w.check(books.completed == static_cast<std::uint64_t>(jobs - poisoned), "not all others completed");
      w.check(deaths == 3 * poisoned, "a job was not quarantined after its third kill");
    });
    return took;
  };
  const auto kept = ratio(time_with(0), time_with(100));
  BOOST_TEST_MESSAGE("with one poison job in a hundred, of the throughput without: " << kept);
  BOOST_TEST(kept >= 0.9);
}
