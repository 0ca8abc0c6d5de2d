/// The mistakes that are commonly made with wait groups, channels and worker pools. For each: that it can't
/// be made here, or that it is told at once.

#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <concepts>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include "embedding_support.hpp"

using namespace weir;
using namespace weir::testing;

namespace {

constexpr int jobs_each = 200;
constexpr std::uint64_t adder_count = 8;

int same(int i) {
  return i;
}

using numbers = stream<int, int>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(common_mistakes, with_engine)

// -- "adding to the wait group inside the goroutine": whoever waits may look before anybody was counted ----

BOOST_AUTO_TEST_CASE(a_job_is_counted_before_its_submission_returns_so_that_a_drain_waits_for_it) {
  gate shut;
  std::atomic<int> done{0};
  const auto job = [&](int) {
    shut.wait();
    ++done;
  };
  pool<int, caf::unit_t> p{on, job, {.parallelism = 2, .capacity = 100}};
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(static_cast<bool>(p.try_submit(i)));
  // None has ended when the wait begins.
  std::jthread opens{[&] { shut.open(); }};
  const auto report = p.drain(hopeless);
  BOOST_TEST(done == 100);
  BOOST_TEST(report.clean());
  BOOST_TEST(report.books.completed == 100u);
}

BOOST_AUTO_TEST_CASE(a_job_that_is_added_while_another_thread_waits_is_waited_for_or_handed_back) {
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> admitted{0};
  std::atomic<std::uint64_t> refused{0};
  pool<int, caf::unit_t> p{on, [&](int) { ++done; }, {.parallelism = 2, .capacity = 16}};
  meeting all{adder_count + 1};
  std::vector<std::jthread> adders;
  for (std::uint64_t t = 0; t < adder_count; ++t)
    adders.emplace_back([&] {
      all.arrive_and_wait();
      for (int i = 0; i < jobs_each; ++i)
        ++(p.submit(ctx, i) ? admitted : refused);
    });
  all.arrive_and_wait();
  while (done == 0)
    std::this_thread::yield();
  const auto report = p.drain(hopeless);
  // Whatever was admitted has run by the time the drain returns, though others go on trying.
  BOOST_TEST(done == report.books.admitted);
  adders.clear();
  BOOST_TEST(admitted + refused == adder_count * jobs_each);
  BOOST_TEST(done == admitted);
  const auto books = p.stats().books;
  BOOST_TEST(books.balanced());
  BOOST_TEST(books.admitted == admitted);
  BOOST_TEST(books.completed == admitted);
}

// -- "closing the channel too early": a send on a closed channel ends the program -------------------------

BOOST_AUTO_TEST_CASE(a_submission_after_the_end_is_refused_and_hands_the_job_back) {
  numbers s{on, same, {.parallelism = 1, .capacity = 4}};
  s.close();
  auto late = s.submit(ctx, 7);
  BOOST_REQUIRE(!late);
  BOOST_TEST(is(late.error(), ec::closed));
  BOOST_TEST(late.job() == 7);
  pool<std::unique_ptr<int>, int> p{
      on, [](std::unique_ptr<int> i) { return *i; }, {.parallelism = 1, .capacity = 4}};
  (void)p.drain(hopeless);
  auto after = p.try_submit(std::make_unique<int>(7));
  BOOST_REQUIRE(!after);
  BOOST_TEST(is(after.error(), ec::closed));
  BOOST_REQUIRE(after.job());
  BOOST_TEST(*after.job() == 7);
}

BOOST_AUTO_TEST_CASE(what_was_admitted_before_the_end_still_runs) {
  gate shut;
  numbers s{on,
            [&](int i) {
              shut.wait();
              return i;
            },
            {.parallelism = 2, .capacity = 100}};
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(static_cast<bool>(s.submit(ctx, i)));
  s.close();
  shut.open();
  int sum = 0;
  for (const auto& o : s)
    sum += *o.result;
  BOOST_TEST(sum == 99 * 100 / 2);
}

BOOST_AUTO_TEST_CASE(to_end_it_twice_is_no_error) {
  numbers s{on, same, {.parallelism = 1, .capacity = 4}};
  s.close();
  s.close();
  BOOST_TEST(!s.next().has_value());
  pool<int, int> p{on, same, {.parallelism = 1, .capacity = 4}};
  (void)p.drain(hopeless);
  BOOST_TEST(p.drain(hopeless).clean());
}

// -- "not closing the results channel": the loop over it never ends ---------------------------------------

BOOST_AUTO_TEST_CASE(the_loop_over_the_results_ends_when_the_last_producer_has_gone) {
  numbers s{on, same, {.parallelism = 2, .capacity = 8}};
  std::vector<std::jthread> writers;
  {
    const auto first = s.produce();
    for (std::uint64_t t = 0; t < adder_count; ++t)
      writers.emplace_back([&, to = first]() mutable {
        for (int i = 0; i < jobs_each; ++i)
          if (!to.submit(ctx, i))
            return;
      });
  }
  std::uint64_t seen = 0;
  for (const auto& o : s)
    seen += o.completed() ? 1 : 0;
  BOOST_TEST(seen == adder_count * jobs_each);
}

BOOST_AUTO_TEST_CASE(the_loop_over_the_results_ends_when_the_run_is_canceled) {
  const auto all = context::with_cancel(ctx);
  numbers s{on, same, {.parallelism = 1, .capacity = 4}, all};
  BOOST_TEST(static_cast<bool>(s.submit(ctx, 1)));
  std::uint64_t seen = 0;
  for (const auto& o : s) {
    seen += o.index + 1;
    all.cancel("enough");
  }
  BOOST_TEST(seen == 1u);
}

// -- of worker pools ---------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_worker_whose_job_throws_takes_the_next_one_all_the_same) {
  const auto f = [](int i) {
    if (i % 2 == 0)
      throw std::runtime_error{"even"};
    return i;
  };
  numbers s{on, f, {.parallelism = 1, .capacity = 100}};
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(static_cast<bool>(s.submit(ctx, i)));
  s.close();
  int completed = 0;
  int failed = 0;
  for (const auto& o : s)
    ++(o.completed() ? completed : failed);
  BOOST_TEST(completed == 50);
  BOOST_TEST(failed == 50);
}

BOOST_AUTO_TEST_CASE(a_caller_that_does_not_fetch_its_result_holds_up_no_worker) {
  pool<int, int> p{on, same, {.parallelism = 1, .capacity = 1}};
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(static_cast<bool>(p.submit(ctx, i)));
  BOOST_TEST(p.drain(hopeless).books.completed == 100u);
}

BOOST_AUTO_TEST_CASE(a_pool_that_goes_out_of_scope_leaves_no_worker_behind) {
  std::atomic<int> running{0};
  std::atomic<bool> gone{false};
  std::atomic<bool> late{false};
  {
    pool<int, caf::unit_t> p{on,
                             [&](const context& c, int) {
                               ++running;
                               (void)c.wait_for(hopeless);
                               late = gone.load();
                             },
                             {.parallelism = 2, .capacity = 2}};
    BOOST_TEST(static_cast<bool>(p.try_submit(0)));
    BOOST_TEST(static_cast<bool>(p.try_submit(1)));
    while (running < 2)
      std::this_thread::yield();
  }
  gone = true;
  BOOST_TEST(!late);
}

// -- what the compiler refuses -----------------------------------------------------------------------------

// A refusal that nobody looks at, and a result that is shared by two: neither compiles.
static_assert(!std::copy_constructible<ticket<int>>);
static_assert(!std::copy_constructible<numbers> && !std::move_constructible<numbers>);
static_assert(!std::copy_constructible<pool<int, int>> && !std::move_constructible<pool<int, int>>);
// Nor does a job that might be lost on its way between threads.
struct throws_when_moved {
  throws_when_moved(throws_when_moved&&) noexcept(false) {}
};
static_assert(!job_type<throws_when_moved>);
static_assert(!result_type<throws_when_moved>);

BOOST_AUTO_TEST_SUITE_END()
