#include <weir/runtime/parallel_map.hpp>
#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "../actors/crew.hpp"
#include "../support/kept_clock.hpp"
#include "embedding_support.hpp"

using namespace weir;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

using int_pool = pool<int, int>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(deadlocks, with_engine)

BOOST_AUTO_TEST_CASE(
    a_job_that_waits_for_another_of_its_own_single_worker_fails_at_once_and_names_the_cycle) {
  std::optional<int_pool> p;
  p.emplace(
      on, [&](int i) { return i == 0 ? *p->try_submit(1)->get().result + 1 : i; },
      pool_options{.name = "only", .parallelism = 1, .capacity = 8});
  const auto o = p->try_submit(0)->get();
  BOOST_TEST((o.kind == outcome_kind::failed));
  BOOST_TEST(is(o.result.error(), ec::deadlock));
  BOOST_TEST(text_of(o.result.error()) ==
             "this wait would never end: job 0 of \"only\" waits for job 1 of \"only\"");
  // The other job is not lost, and the pool goes on.
  BOOST_TEST(*p->try_submit(5)->get().result == 5);
  BOOST_TEST(p->drain(hopeless).books.completed == 2u);
}

BOOST_AUTO_TEST_CASE(where_a_worker_is_free_the_same_wait_is_none_of_it) {
  std::optional<int_pool> p;
  p.emplace(
      on, [&](int i) { return i == 0 ? *p->try_submit(1)->get().result + 1 : i; },
      pool_options{.parallelism = 2, .capacity = 8});
  BOOST_TEST(*p->try_submit(0)->get().result == 2);
}

BOOST_AUTO_TEST_CASE(two_jobs_at_work_that_wait_for_each_other_are_found_though_a_worker_is_free) {
  std::array<std::optional<ticket<int>>, 2> tickets;
  gate submitted;
  std::atomic<int> deadlocks{0};
  const auto job = [&](int i) -> caf::expected<int> {
    submitted.wait();
    const auto got = tickets[1 - static_cast<std::size_t>(i)]->get(context::background());
    if (got)
      return i;
    deadlocks += is(got.error(), ec::deadlock) ? 1 : 0;
    return got.error();
  };
  int_pool p{on, job, {.parallelism = 3, .capacity = 4}};
  for (int i = 0; i < 2; ++i)
    tickets[static_cast<std::size_t>(i)].emplace(std::move(*p.try_submit(i)));
  submitted.open();
  const auto books = p.drain(hopeless).books;
  BOOST_TEST(deadlocks == 1);
  BOOST_TEST(books.failed == 1u);
  BOOST_TEST(books.completed == 1u);
}

BOOST_AUTO_TEST_CASE(the_last_worker_that_comes_to_wait_is_the_one_that_fails) {
  std::optional<int_pool> p;
  meeting all{3};
  std::atomic<int> deadlocks{0};
  const auto job = [&](int i) -> caf::expected<int> {
    if (i >= 100)
      return i;
    all.arrive_and_wait();
    auto inner = p->try_submit(100 + i);
    const auto got = inner->get(context::background());
    if (!got) {
      deadlocks += is(got.error(), ec::deadlock) ? 1 : 0;
      return got.error();
    }
    return *got->result;
  };
  p.emplace(on, job, pool_options{.parallelism = 3, .capacity = 16});
  std::vector<ticket<int>> tickets;
  for (int i = 0; i < 3; ++i)
    tickets.push_back(std::move(*p->try_submit(i)));
  int completed = 0;
  for (auto& t : tickets)
    completed += t.get().completed() ? 1 : 0;
  BOOST_TEST(deadlocks == 1);
  BOOST_TEST(completed == 2);
}

/// `n` pools of one worker each in a ring: a job of one submits to the next and waits, and the last one's to
/// the first. A bystander pool, whose jobs wait for work of its own and for theirs, goes on.
void check_ring(engine& on, std::size_t n) {
  std::vector<std::unique_ptr<int_pool>> ring(n);
  std::atomic<int> deadlocks{0};
  std::string text;
  meeting all_run{n};
  for (std::size_t k = 0; k < n; ++k) {
    const auto job = [&, k](int depth) -> caf::expected<int> {
      if (depth > 0)
        return depth;
      all_run.arrive_and_wait();
      auto next = ring[(k + 1) % n]->try_submit(1);
      const auto got = next->get(context::background());
      if (got)
        return *got->result;
      if (is(got.error(), ec::deadlock)) {
        ++deadlocks;
        text = text_of(got.error());
      }
      return got.error();
    };
    ring[k] = std::make_unique<int_pool>(
        on, job,
        pool_options{.name = std::string(1, static_cast<char>('a' + k)), .parallelism = 1, .capacity = 4});
  }
  gate bystander_may_end;
  int_pool bystander{on,
                     [&](int i) { return bystander_may_end.wait(), i; },
                     {.name = "bystander", .parallelism = 1, .capacity = 4}};
  auto aside = bystander.try_submit(7);
  std::vector<ticket<int>> tickets;
  const auto begun = steady_clock().now();
  for (auto& p : ring)
    tickets.push_back(std::move(*p->try_submit(0)));
  std::size_t completed = 0;
  for (auto& t : tickets)
    completed += t.get().completed() ? 1 : 0;
  BOOST_TEST((steady_clock().now() - begun < std::chrono::seconds{1}));
  BOOST_TEST(deadlocks == 1);
  BOOST_TEST(completed == n - 1);
  for (std::size_t k = 0; k < n; ++k)
    BOOST_TEST(text.find("job 0 of \"" + std::string(1, static_cast<char>('a' + k)) +
                         "\" waits for job 1 of") != std::string::npos);
  BOOST_TEST(text.find("bystander") == std::string::npos);
  bystander_may_end.open();
  BOOST_TEST(aside->get().completed());
}

BOOST_AUTO_TEST_CASE(a_cycle_through_two_pools_is_named_within_a_second_and_a_bystander_goes_on) {
  check_ring(on, 2);
}

BOOST_AUTO_TEST_CASE(a_cycle_through_three_pools_is_named_within_a_second_and_a_bystander_goes_on) {
  check_ring(on, 3);
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_for_room_in_its_own_full_pool_is_refused_with_the_cycle) {
  std::optional<int_pool> p;
  std::string text;
  const auto job = [&](int i) {
    if (i == 0) {
      auto offer = p->submit(ctx, 9);
      BOOST_TEST(is(offer.error(), ec::deadlock));
      BOOST_TEST(offer.job() == 9);
      text = text_of(offer.error());
    }
    return i;
  };
  // A limit of the queue ends nothing where nothing is queued.
  for (const auto limit : {std::optional<duration>{}, std::optional<duration>{std::chrono::hours{1}}}) {
    p.emplace(on, job, pool_options{.name = "full", .parallelism = 1, .timeouts = {.queue = limit}});
    BOOST_TEST(p->try_submit(0)->get().completed());
    BOOST_TEST(text == "this wait would never end: job 0 of \"full\" waits for room in \"full\"");
    BOOST_TEST(p->stats().books.rejected == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_for_room_which_a_limit_of_the_queue_will_make_waits_for_that) {
  manual_clock time;
  const auto now = context::background(time);
  std::optional<int_pool> p;
  const station* at = nullptr;
  gate begun;
  gate full;
  const auto job = [&](int i) -> caf::expected<int> {
    if (i > 0)
      return i;
    at = &lane::current()->stage();
    begun.open();
    full.wait();
    auto offer = p->submit(now, 9);
    return offer ? caf::expected<int>{0} : offer.error();
  };
  p.emplace(on, job,
            pool_options{.parallelism = 1, .capacity = 2, .timeouts = {.queue = std::chrono::seconds{1}}},
            now);
  auto first = p->try_submit(0);
  begun.wait();
  auto queued = p->try_submit(1);
  full.open();
  BOOST_TEST(test::eventually([&] { return first->ready() || !describe_waits(*at).empty(); }));
  BOOST_TEST(!first->ready());
  BOOST_TEST(test::eventually([&] {
    time.advance(std::chrono::seconds{1});
    return first->ready();
  }));
  BOOST_TEST(first->get().completed());
  BOOST_TEST(is(queued->get().result.error(), ec::queue_timeout));
}

BOOST_AUTO_TEST_CASE(a_receiver_that_waits_for_room_in_its_own_stream_is_refused) {
  stream<int, int>* self = nullptr;
  std::atomic<int> refused{0};
  gate told;
  stream<int, int> s{on,
                     [](int i) { return i; },
                     {.name = "own", .parallelism = 1},
                     [&](outcome<int>& o) {
                       if (*o.result != 0)
                         return;
                       refused += is(self->submit(ctx, 1).error(), ec::deadlock) ? 1 : 0;
                       told.open();
                     }};
  self = &s;
  BOOST_REQUIRE(s.try_submit(0));
  told.wait();
  BOOST_TEST(refused == 1);
  BOOST_TEST(s.drain(hopeless).books.balanced());
}

BOOST_AUTO_TEST_CASE(a_task_that_waits_for_the_end_of_its_own_stream_fails) {
  stream<int, int>* self = nullptr;
  std::vector<std::string> got;
  gate ready;
  stream<int, int> s{on,
                     [&](int i) {
                       ready.wait();
                       self->wait();
                       return i;
                     },
                     {.name = "own", .parallelism = 1},
                     [&](outcome<int>& o) { got.push_back(describe(o.result.error())); }};
  self = &s;
  BOOST_REQUIRE(s.try_submit(0));
  ready.open();
  s.drain(hopeless);
  BOOST_REQUIRE(got.size() == 1u);
  BOOST_TEST(got[0] == "deadlock: this wait would never end: job 0 of \"own\" waits for the end of \"own\"");
}

BOOST_AUTO_TEST_CASE(a_map_within_a_job_whose_jobs_wait_for_that_jobs_worker_fails_instead_of_hanging) {
  std::optional<int_pool> p;
  const auto job = [&](const context& own, int i) -> caf::expected<int> {
    if (i > 0)
      return i;
    const auto inner = [&](int j) { return *p->try_submit(j)->get().result; };
    const auto sum = parallel_map(on, own, std::vector{1, 2, 3}, inner, {.parallelism = 2});
    return sum ? caf::expected<int>{std::accumulate(sum->begin(), sum->end(), 0)} : sum.error();
  };
  p.emplace(on, job, pool_options{.name = "outer", .parallelism = 1, .capacity = 8});
  const auto o = p->try_submit(0)->get();
  BOOST_TEST(is(o.result.error(), ec::deadlock));
  BOOST_TEST(text_of(o.result.error()).find("job 0 of \"outer\" waits for the end of \"parallel_map\"") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_wait_with_a_deadline_ends_by_itself_and_is_no_deadlock) {
  manual_clock time;
  const auto now = context::background(time);
  std::optional<int_pool> p;
  gate waits;
  const auto job = [&](int i) -> caf::expected<int> {
    if (i > 0)
      return i;
    auto inner = p->try_submit(1);
    const auto limited = context::with_timeout(now, std::chrono::seconds{1});
    waits.open();
    const auto got = inner->get(limited);
    return got ? caf::expected<int>{*got->result} : got.error();
  };
  p.emplace(on, job, pool_options{.parallelism = 1, .capacity = 8});
  auto t = p->try_submit(0);
  waits.wait();
  time.advance(std::chrono::seconds{1});
  BOOST_TEST(is(t->get().result.error(), ec::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(a_wait_that_is_over_closes_no_cycle_though_its_thread_has_not_gone_on_yet) {
  std::optional<ticket<int>> of_a;
  const station* b_at = nullptr;
  gate b_runs;
  gate a_waits;
  gate a_may_go_on;
  std::atomic<bool> refused{false};
  const auto asks_a = [&](int) -> caf::expected<int> {
    b_at = &lane::current()->stage();
    b_runs.open();
    a_waits.wait();
    const auto got = of_a->get(context::background());
    refused = !got;
    return got ? caf::expected<int>{*got->result} : got.error();
  };
  const auto has_asked_b = [&](int i) {
    b_runs.wait();
    const wait_entry woken{{awaited::what_t::job, b_at->id(), 0, [] { return true; }}};
    a_waits.open();
    a_may_go_on.wait();
    return i;
  };
  int_pool a{on, has_asked_b, {.name = "a", .parallelism = 1}};
  int_pool b{on, asks_a, {.name = "b", .parallelism = 1}};
  of_a.emplace(std::move(*a.try_submit(1)));
  auto of_b = b.try_submit(0);
  a_waits.wait();
  BOOST_TEST(test::eventually([&] { return refused || !describe_waits(*b_at).empty(); }));
  BOOST_TEST(!refused);
  a_may_go_on.open();
  BOOST_TEST(of_b->get().completed());
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_for_one_that_backs_off_fails_where_that_will_need_its_worker) {
  for (const std::size_t parallelism : {1u, 2u}) {
    manual_clock time;
    std::optional<ticket<int>> moody;
    std::atomic<int> tries{0};
    std::atomic<bool> waits{false};
    const auto job = [&](int& i) -> caf::expected<int> {
      if (i == 1)
        return ++tries < 2 ? caf::expected<int>{make_error(ec::failed, "not yet")} : 1;
      waits = true;
      const auto got = moody->get(context::background());
      return got ? caf::expected<int>{*got->result} : got.error();
    };
    int_pool p{on,
               job,
               {.parallelism = parallelism,
                .capacity = 4,
                .retry = {.attempts = 2, .backoff = std::chrono::seconds{1}, .jitter = 0},
                .retry_if = [](const caf::error& e) { return is(e, ec::failed); }},
               context::background(time)};
    moody.emplace(std::move(*p.try_submit(1)));
    BOOST_REQUIRE(test::eventually([&] { return p.stats().backing_off == 1; }));
    auto t = p.try_submit(0);
    BOOST_REQUIRE(test::eventually([&] { return waits.load(); }));
    BOOST_REQUIRE(test::eventually([&] {
      time.advance(parallelism == 1 ? std::chrono::seconds{0} : std::chrono::seconds{1});
      return t->ready();
    }));
    const auto o = t->get();
    BOOST_TEST(o.completed() == (parallelism == 2));
    BOOST_TEST((o.completed() || is(o.result.error(), ec::deadlock)));
    time.advance(std::chrono::seconds{1});
    BOOST_TEST(p.drain(hopeless).books.completed == parallelism);
  }
}

BOOST_AUTO_TEST_CASE(jobs_of_one_key_that_wait_for_each_other_are_found_though_workers_are_free) {
  std::optional<int_pool> p;
  const auto job = [&](int i) { return i == 0 ? *p->try_submit(10)->get().result : i; };
  p.emplace(on, keyed([](int i) { return i % 10; }, job), pool_options{.parallelism = 4, .capacity = 8});
  BOOST_TEST(is(p->try_submit(0)->get().result.error(), ec::deadlock));
}

BOOST_AUTO_TEST_CASE(
    a_tree_of_jobs_that_wait_for_their_children_raises_no_alarm_as_long_as_workers_are_left) {
  // Depth 3, two children each: at most 1 + 2 + 4 wait at a time, so that eight workers always have one free.
  std::optional<int_pool> p;
  std::atomic<int> alarms{0};
  const auto job = [&](int depth) -> caf::expected<int> {
    if (depth == 0)
      return 1;
    auto left = p->try_submit(depth - 1);
    auto right = p->try_submit(depth - 1);
    int sum = 0;
    for (auto* t : {&*left, &*right}) {
      const auto got = t->get(context::background());
      if (!got || !got->result) {
        ++alarms;
        return make_error(ec::failed, "no answer");
      }
      sum += *got->result;
    }
    return sum;
  };
  p.emplace(on, job, pool_options{.parallelism = 8, .capacity = 64});
  for (int round = 0; round < 200; ++round)
    BOOST_REQUIRE(*p->try_submit(3)->get().result == 8);
  BOOST_TEST(alarms == 0);
}

BOOST_AUTO_TEST_CASE(a_wait_that_the_time_in_the_queue_ends_is_none_of_it) {
  manual_clock time;
  std::optional<int_pool> p;
  std::optional<outcome<int>> inner;
  gate waits;
  p.emplace(
      on,
      [&](int i) {
        if (i == 0) {
          auto t = p->try_submit(1);
          waits.open();
          inner.emplace(t->get());
        }
        return i;
      },
      pool_options{.parallelism = 1, .capacity = 8, .timeouts = {.queue = 1s}}, context::background(time));
  auto t = p->try_submit(0);
  waits.wait();
  time.advance(1s);
  BOOST_TEST(t->get().completed());
  BOOST_TEST(is(inner->result.error(), ec::queue_timeout));
}

BOOST_AUTO_TEST_CASE(a_worker_that_is_being_replaced_counts_as_free) {
  auto& time = test::kept_clock();
  for (int n = 0; n < 20; ++n) {
    const auto hold = std::make_shared<gate>();
    gate go;
    std::optional<int_pool> p;
    p.emplace(
        on,
        [&, hold](int i) {
          if (i == 0)
            hold->wait();
          if (i == 1) {
            go.wait();
            return *p->try_submit(2)->get().result;
          }
          return i;
        },
        pool_options{.parallelism = 2, .capacity = 8, .timeouts = {.run = 2s, .grace = 1s}},
        context::background(time));
    auto lost = p->try_submit(0);
    hold->wait_for_arrivals(1);
    time.advance(2s);
    auto waits = p->try_submit(1);
    go.wait_for_arrivals(1);
    time.advance(1s);  // the worker of job 0 is lost
    go.open();
    const auto o = waits->get();
    BOOST_TEST(o.completed());
    hold->open();
    static_cast<void>(p->drain(hopeless));
  }
}

BOOST_AUTO_TEST_CASE(a_job_that_drains_its_own_pool_without_a_budget_fails_and_the_pool_goes_on) {
  std::optional<int_pool> p;
  p.emplace(
      on,
      [&](int i) {
        if (i == 0)
          static_cast<void>(p->drain(duration::max()));
        return i;
      },
      pool_options{.name = "own", .parallelism = 1, .capacity = 4});
  BOOST_TEST(is(p->try_submit(0)->get().result.error(), ec::deadlock));
  BOOST_TEST(p->try_submit(1)->get().completed());
}

BOOST_AUTO_TEST_SUITE_END()
