#include <weir/runtime/keyed.hpp>
#include <weir/runtime/pipeline.hpp>
#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>
#include <vector>

#include "../actors/crew.hpp"
#include "../support/kept_clock.hpp"
#include "embedding_support.hpp"

using namespace weir;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

struct sale {
  int customer = 0;
  int number = 0;
};

/// Which orders of each customer have begun, and how many at a time.
struct journal {
  std::mutex mutex;
  std::array<std::vector<int>, 64> begun;
  std::array<int, 64> inside{};
  int most = 0;

  void enter(const sale& o) {
    std::lock_guard guard{mutex};
    const auto c = static_cast<std::size_t>(o.customer);
    begun[c].push_back(o.number);
    most = std::max(most, ++inside[c]);
  }
  void leave(const sale& o) {
    std::lock_guard guard{mutex};
    --inside[static_cast<std::size_t>(o.customer)];
  }
};

/// A task whose first job of each customer waits at the gate.
auto first_waits_at(gate& hold) {
  return [&hold](const sale& o) {
    if (o.number == 0)
      hold.wait();
    return o.number;
  };
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(keyed_work, with_engine)

BOOST_AUTO_TEST_CASE(at_eight_workers_the_jobs_of_each_key_run_one_by_one_in_their_order) {
  journal seen;
  const auto book = [&](const sale& o) {
    seen.enter(o);
    std::this_thread::yield();
    seen.leave(o);
    return o.number;
  };
  constexpr int customers = 40;
  constexpr int each = 250;
  {
    pool<sale, int> p{on, keyed(&sale::customer, book), {.parallelism = 8, .capacity = 512}};
    for (int n = 0; n < each; ++n)
      for (int c = 0; c < customers; ++c)
        BOOST_REQUIRE(p.submit(ctx, sale{c, n}));
    const auto report = p.drain(hopeless);
    BOOST_TEST(report.books.completed == static_cast<std::uint64_t>(customers * each));
  }
  BOOST_TEST(seen.most == 1);
  for (std::size_t c = 0; c < customers; ++c) {
    BOOST_REQUIRE(seen.begun[c].size() == static_cast<std::size_t>(each));
    BOOST_TEST(std::is_sorted(seen.begun[c].begin(), seen.begun[c].end()));
  }
}

BOOST_AUTO_TEST_CASE(a_hot_key_that_is_slow_holds_up_no_other) {
  gate hold;
  std::atomic<int> others{0};
  const auto book = [&](const sale& o) {
    if (o.customer == 0)
      hold.wait();
    else
      ++others;
  };
  pool<sale, caf::unit_t> p{on, keyed(&sale::customer, book), {.parallelism = 2, .capacity = 2'000}};
  for (int n = 0; n < 1'000; ++n)
    BOOST_REQUIRE(p.try_submit(sale{0, n}));
  hold.wait_for_arrivals(1);
  for (int n = 0; n < 100; ++n)
    BOOST_TEST(p.try_submit(sale{1 + n % 3, n})->get().completed());
  BOOST_TEST(others == 100);
  BOOST_TEST(p.stats().books.completed == 100u);
  hold.open();
  BOOST_TEST(p.drain(hopeless).books.completed == 1'100u);
}

BOOST_AUTO_TEST_CASE(a_job_that_is_tried_again_keeps_its_place_before_those_of_its_key_and_no_other_waits) {
  manual_clock time;
  const auto now = context::background(time);
  std::mutex mutex;
  std::vector<std::string> done;
  std::atomic<int> calls{0};
  const auto book = [&](const sale& o) -> caf::error {
    if (o.customer == 0 && o.number == 0 && ++calls < 3)
      return make_error(ec::failed, "not yet");
    std::lock_guard guard{mutex};
    done.push_back(std::to_string(o.customer) + "/" + std::to_string(o.number));
    return {};
  };
  pool<sale, caf::unit_t> p{
      on,
      keyed([](const sale& o) { return std::to_string(o.customer); }, book),
      {.parallelism = 2, .capacity = 16, .retry = {.attempts = 3, .backoff = 1s, .growth = 1, .jitter = 0}},
      now};
  auto first = p.try_submit(sale{0, 0});
  auto second = p.try_submit(sale{0, 1});
  BOOST_TEST(test::eventually([&] { return p.stats().backing_off == 1; }));
  BOOST_TEST(p.try_submit(sale{1, 0})->get().completed());
  time.advance(1s);
  BOOST_TEST(test::eventually([&] { return calls == 2 && p.stats().backing_off == 1; }));
  BOOST_TEST(!second->ready());
  time.advance(1s);
  BOOST_TEST(first->get().attempt == 3u);
  BOOST_TEST(second->get().completed());
  BOOST_TEST((done == std::vector<std::string>{"1/0", "0/0", "0/1"}));
}

BOOST_AUTO_TEST_CASE(a_key_whose_thread_was_written_off_goes_on_with_its_next_job) {
  auto& time = test::kept_clock();
  const auto now = context::background(time);
  gate hold;
  pool<sale, int> p{on,
                    keyed(&sale::customer, first_waits_at(hold)),
                    {.parallelism = 1, .capacity = 4, .timeouts = {.run = 1s, .grace = 1s}},
                    now};
  auto first = p.try_submit(sale{5, 0});
  auto second = p.try_submit(sale{5, 1});
  hold.wait_for_arrivals(1);
  time.advance(1s);
  BOOST_TEST(first->ready());
  BOOST_TEST(!second->ready());
  time.advance(1s);
  BOOST_TEST(second->get().completed());
  hold.open();
}

BOOST_AUTO_TEST_CASE(a_key_whose_job_was_too_late_goes_on_when_that_has_stopped) {
  auto& time = test::kept_clock();
  gate hold;
  pool<sale, int> p{on,
                    keyed(&sale::customer, first_waits_at(hold)),
                    {.parallelism = 2, .capacity = 4, .timeouts = {.run = 1s, .grace = 1h}},
                    context::background(time)};
  auto first = p.try_submit(sale{5, 0});
  auto second = p.try_submit(sale{5, 1});
  hold.wait_for_arrivals(1);
  time.advance(1s);
  BOOST_TEST(is(first->get().result.error(), ec::run_timeout));
  BOOST_TEST(p.try_submit(sale{6, 1})->get().completed());
  BOOST_TEST(!second->ready());
  hold.open();
  BOOST_TEST(second->get().completed());
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_behind_its_key_has_its_own_time_limit) {
  manual_clock time;
  const auto now = context::background(time);
  gate hold;
  pool<sale, int> p{on,
                    keyed(&sale::customer, [&](const sale& o) { return hold.wait(), o.number; }),
                    {.parallelism = 1, .capacity = 8, .timeouts = {.queue = 3s}},
                    now};
  auto first = p.try_submit(sale{5, 0});
  hold.wait_for_arrivals(1);
  auto second = p.try_submit(sale{5, 1});
  time.advance(2s);
  auto third = p.try_submit(sale{5, 2});
  time.advance(1s);
  BOOST_TEST(second->ready());
  BOOST_TEST(!third->ready());
  time.advance(2s);
  BOOST_TEST(is(third->get().result.error(), ec::queue_timeout));
  hold.open();
  BOOST_TEST(first->get().completed());
}

BOOST_AUTO_TEST_CASE(a_key_whose_job_fails_in_the_queue_goes_on_with_the_next) {
  manual_clock time;
  gate hold;
  pool<sale, int> p{on,
                    keyed(&sale::customer, [&](const sale& o) { return hold.wait(), o.number; }),
                    {.parallelism = 1, .capacity = 8, .timeouts = {.queue = 3s}},
                    context::background(time)};
  auto running = p.try_submit(sale{1, 0});
  hold.wait_for_arrivals(1);
  auto queued = p.try_submit(sale{5, 0});
  time.advance(2s);
  auto behind = p.try_submit(sale{5, 1});
  time.advance(1s);
  BOOST_TEST(is(queued->get().result.error(), ec::queue_timeout));
  hold.open();
  BOOST_TEST(behind->get().completed());
  BOOST_TEST(running->get().completed());
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_what_waits_behind_its_key) {
  gate hold;
  pool<sale, int> p{on,
                    keyed(&sale::customer, [&](const sale& o) { return hold.wait(), o.number; }),
                    {.parallelism = 2, .capacity = 8}};
  auto first = p.try_submit(sale{5, 0});
  hold.wait_for_arrivals(1);
  auto second = p.try_submit(sale{5, 1});
  p.cancel();
  BOOST_TEST((second->get().kind == outcome_kind::canceled));
  hold.open();
  BOOST_TEST(p.drain(hopeless).books.balanced());
}

BOOST_AUTO_TEST_CASE(a_stage_of_a_pipeline_may_be_keyed_and_its_outcomes_still_come_as_its_order_says) {
  journal seen;
  std::vector<int> got;
  const auto book = [&](const sale& o) {
    seen.enter(o);
    std::this_thread::yield();
    seen.leave(o);
    return o.number;
  };
  std::vector<sale> orders;
  for (int n = 0; n < 3'000; ++n)
    orders.push_back({n / 4 % 7, n});  // neighbours of one key, which would run at a time
  const auto summary =
      (from(orders) |
       stage(keyed(&sale::customer, book), {.name = "book", .parallelism = 4, .capacity = 64}) |
       into([&](int n) {
         got.push_back(n);
       })).run(on, ctx);
  BOOST_TEST(summary.clean());
  BOOST_TEST(seen.most == 1);
  BOOST_TEST(got.size() == 3'000u);
  BOOST_TEST(std::is_sorted(got.begin(), got.end()));
}

BOOST_AUTO_TEST_CASE(what_asking_for_the_key_throws_reaches_who_submits_and_nothing_was_admitted) {
  const auto key = [](int i) -> int { return i < 0 ? throw std::runtime_error{"no key"} : i; };
  pool<int, int> p{on, keyed(key, [](int i) { return i; }), {.parallelism = 1}};
  BOOST_CHECK_THROW(static_cast<void>(p.try_submit(-1)), std::runtime_error);
  BOOST_TEST(p.stats().books.offered == 0u);
  BOOST_TEST(p.try_submit(1)->get().completed());
}

BOOST_AUTO_TEST_CASE(a_job_that_could_not_be_stored_leaves_its_key_and_its_time_to_no_other) {
  struct breaks {
    int key;
    bool bad;
    int copies = 0;
    breaks(int k, bool is_bad) : key(k), bad(is_bad) {}
    breaks(const breaks& other) : key(other.key), bad(other.bad), copies(other.copies + 1) {
      if (bad && copies == 2)
        throw std::runtime_error{"can't be copied twice"};
    }
  };
  manual_clock time;
  gate hold;
  head_count inside;
  pool<breaks, int> p{on,
                      keyed(&breaks::key,
                            [&](breaks& job) {
                              if (job.key == 1) {
                                inside.enter();
                                hold.wait();
                                inside.leave();
                              }
                              return 0;
                            }),
                      {.parallelism = 4, .capacity = 16, .timeouts = {.queue = 1s}},
                      context::background(time)};
  const breaks bad{2, true};
  BOOST_CHECK_THROW(static_cast<void>(p.try_submit(bad)), std::runtime_error);
  time.advance(2s);
  auto first = p.try_submit(breaks{1, false});
  auto second = p.try_submit(breaks{1, false});
  auto other = p.try_submit(breaks{3, false});
  BOOST_TEST(other->get().completed());
  hold.wait_for_arrivals(1);
  hold.open();
  BOOST_TEST(first->get().completed());
  BOOST_TEST(second->get().completed());
  BOOST_TEST(inside.peak() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
