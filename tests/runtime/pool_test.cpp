#include <weir/runtime/pool.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "embedding_support.hpp"
#include "thread_starts.hpp"

using namespace weir;
using namespace weir::testing;

namespace {

using int_pool = pool<int, int>;

/// A job whose move constructor throws when it is told to; movable by copy, as its vector needs it.
struct brittle {
  bool breaks = false;
  explicit brittle(bool b) : breaks(b) {}
  brittle(const brittle& other) noexcept(false) : breaks(other.breaks) {
    if (breaks && ++copies == 2)
      throw std::runtime_error{"broke on the way in"};
  }
  static inline thread_local int copies = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pools, with_engine)

BOOST_AUTO_TEST_CASE(a_ticket_has_the_outcome_of_its_job) {
  manual_clock time;
  const auto slow = [&](int i) {
    time.advance(std::chrono::milliseconds{7});
    return 2 * i;
  };
  int_pool p{on, slow, {.parallelism = 1, .capacity = 8}, context::background(time)};
  auto first = p.try_submit(20);
  BOOST_REQUIRE(static_cast<bool>(first));
  auto second = p.submit(ctx, 21);
  BOOST_REQUIRE(static_cast<bool>(second));
  BOOST_TEST(first->index() == 0u);
  BOOST_TEST(second->index() == 1u);
  const auto o = second->get();
  BOOST_TEST(o.completed());
  BOOST_TEST(*o.result == 42);
  BOOST_TEST(o.index == 1u);
  BOOST_TEST(o.attempt == 1u);
  BOOST_TEST((o.run_time == std::chrono::milliseconds{7}));
  BOOST_TEST((o.queue_time <= std::chrono::milliseconds{7}));
  BOOST_TEST(first->ready());
}

BOOST_AUTO_TEST_CASE(what_a_job_throws_is_in_its_outcome_and_the_pool_goes_on) {
  const auto job = [](int i) -> int {
    if (i == 1)
      throw std::runtime_error{"one"};
    return i;
  };
  int_pool p{on, job, {.parallelism = 1, .capacity = 8}};
  auto bad = p.try_submit(1);
  auto good = p.try_submit(2);
  const auto o = bad->get();
  BOOST_TEST((o.kind == outcome_kind::failed));
  BOOST_TEST(text_of(o.result.error()) == "one");
  BOOST_TEST(good->get().completed());
}

BOOST_AUTO_TEST_CASE(a_full_pool_hands_the_65th_job_back_at_once) {
  gate hold;
  const auto job = [&](std::unique_ptr<int>& i) {
    hold.wait();
    return *i;
  };
  pool<std::unique_ptr<int>, int> p{on, job, {.parallelism = 4, .capacity = 64}};
  std::vector<ticket<int>> tickets;
  for (int i = 0; i < 64; ++i) {
    auto s = p.try_submit(std::make_unique<int>(i));
    BOOST_REQUIRE(static_cast<bool>(s));
    tickets.push_back(std::move(*s));
  }
  hold.wait_for_arrivals(4);
  auto quickest = duration::max();
  for (int round = 0; round < 1'000; ++round) {
    auto job_65 = std::make_unique<int>(65);
    const auto* const it = job_65.get();
    const auto before = steady_clock().now();
    auto refused = p.try_submit(std::move(job_65));
    quickest = std::min<duration>(quickest, steady_clock().now() - before);
    BOOST_REQUIRE(!refused);
    BOOST_REQUIRE(is(refused.error(), ec::overloaded));
    BOOST_REQUIRE_EQUAL(refused.job().get(), it);
    BOOST_REQUIRE_EQUAL(*refused.job(), 65);
  }
  std::cout << "refusal with all slots taken: " << quickest.count() << " ns\n";
  BOOST_TEST(p.stats().running == 4u);
  BOOST_TEST(p.stats().used == 64u);
  hold.open();
  for (int i = 0; i < 64; ++i)
    BOOST_TEST(*tickets[static_cast<std::size_t>(i)].get().result == i);
  BOOST_TEST(static_cast<bool>(p.try_submit(std::make_unique<int>(0))));
  const auto report = p.drain(hopeless);
  BOOST_TEST(report.clean());
  BOOST_TEST(report.books.admitted == 65u);
  BOOST_TEST(report.books.completed == 65u);
  BOOST_TEST(report.books.rejected == 1'000u);
}

BOOST_AUTO_TEST_CASE(a_million_offers_from_four_threads_balance) {
  constexpr std::uint64_t each = 250'000;
  std::atomic<std::uint64_t> ran{0};
  std::atomic<std::uint64_t> admitted{0};
  int_pool p{on,
             [&](int i) { return ran.fetch_add(1, std::memory_order_relaxed), i; },
             {.parallelism = 2, .capacity = 64}};
  const auto before = steady_clock().now();
  {
    std::vector<std::jthread> callers;
    for (int t = 0; t < 4; ++t)
      callers.emplace_back([&] {
        std::uint64_t mine = 0;
        for (std::uint64_t i = 0; i < each; ++i)
          mine += p.try_submit(1) ? 1u : 0u;
        admitted += mine;
      });
  }
  const auto offered_for = steady_clock().now() - before;
  const auto report = p.drain(hopeless);
  const auto took = std::chrono::duration<double>(offered_for).count();
  std::cout << "1 M offers from 4 threads: " << 1. / took << " M/s, " << report.books.admitted
            << " admitted\n";
  BOOST_TEST(report.books.offered == 4 * each);
  BOOST_TEST(report.books.admitted == admitted);
  BOOST_TEST(report.books.completed == admitted);
  BOOST_TEST(report.books.balanced());
  BOOST_TEST(ran == admitted);
  BOOST_TEST(p.stats().used == 0u);
}

// -- submit -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(submit_waits_until_there_is_room) {
  gate hold;
  std::atomic<bool> opened{false};
  int_pool p{on, [&](int i) { return hold.wait(), i; }, {.parallelism = 1, .capacity = 2}};
  const auto first = p.try_submit(0);
  const auto second = p.try_submit(1);
  hold.wait_for_arrivals(1);
  auto opened_when_admitted = false;
  std::jthread caller{[&] {
    auto third = p.submit(ctx, 2);
    opened_when_admitted = opened;
    BOOST_TEST(*third->get().result == 2);
  }};
  opened = true;
  hold.open();
  caller.join();
  BOOST_TEST(opened_when_admitted);
}

BOOST_AUTO_TEST_CASE(submit_hands_the_job_back_when_its_context_ends_or_the_pool_closes) {
  gate hold;
  pool<std::string, int> p{
      on, [&](const std::string&) { return hold.wait(), 0; }, {.parallelism = 1, .capacity = 1}};
  const auto running = p.try_submit("running");
  hold.wait_for_arrivals(1);
  const auto over = context::with_cancel(ctx);
  over.cancel("the request has gone");
  auto before = p.submit(over, "never waited");
  BOOST_REQUIRE(!before);
  BOOST_TEST(before.job() == "never waited");

  const auto own = context::with_cancel(ctx);
  std::jthread canceler{[&] { own.cancel("the request has gone"); }};
  auto given_up = p.submit(own, "waited");
  BOOST_REQUIRE(!given_up);
  BOOST_TEST(is(given_up.error(), ec::canceled));
  BOOST_TEST(text_of(given_up.error()) == "the request has gone (caller)");
  BOOST_TEST(given_up.job() == "waited");

  std::jthread closer{[&] { p.close(); }};
  auto closed = p.submit(ctx, "too late");
  BOOST_REQUIRE(!closed);
  BOOST_TEST(is(closed.error(), ec::closed));
  BOOST_TEST(closed.job() == "too late");
  auto at_once = p.try_submit("much too late");
  BOOST_TEST(is(at_once.error(), ec::closed));
  hold.open();
}

BOOST_AUTO_TEST_CASE(submit_returns_the_cause_when_the_pool_is_canceled) {
  gate hold;
  int_pool p{on, [&](int) { return hold.wait(), 0; }, {.parallelism = 1, .capacity = 1}};
  const auto running = p.try_submit(1);
  hold.wait_for_arrivals(1);
  std::jthread canceler{[&] { p.cancel("the disk is full"); }};
  auto refused = p.submit(ctx, 2);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(is(refused.error(), ec::canceled));
  BOOST_TEST(text_of(refused.error()) == "the disk is full (caller)");
  hold.open();
}

BOOST_AUTO_TEST_CASE(a_job_that_breaks_on_its_way_in_costs_no_slot_and_nobodys_turn) {
  std::atomic<int> broke{0};
  for (int round = 0; round < 100; ++round) {
    gate hold;
    pool<brittle, int> p{
        on, [&](const brittle&) { return hold.wait(), 0; }, {.parallelism = 1, .capacity = 1}};
    const auto running = p.try_submit(brittle{false});
    hold.wait_for_arrivals(1);
    {
      std::vector<std::jthread> callers;
      for (int t = 0; t < 4; ++t)
        callers.emplace_back([&] {
          brittle::copies = 0;
          try {
            static_cast<void>(p.submit(ctx, brittle{true}));
          } catch (const std::runtime_error&) {
            ++broke;
          }
        });
      callers.emplace_back([&] { BOOST_TEST(p.submit(ctx, brittle{false})->get().completed()); });
      hold.open();
    }
    const auto report = p.drain(hopeless);
    BOOST_REQUIRE(report.books.balanced());
    BOOST_REQUIRE_EQUAL(report.books.completed, 2u);
  }
  BOOST_TEST(broke == 400);
}

BOOST_AUTO_TEST_CASE(jobs_that_break_on_their_way_in_while_the_pool_drains_do_not_keep_it_from_rest) {
  for (int round = 0; round < 200; ++round) {
    // No time passes in the pool: it drains when it comes to rest, or never.
    manual_clock time;
    gate hold;
    pool<brittle, int> p{on,
                         [&](const brittle&) { return hold.wait(), 0; },
                         {.parallelism = 1, .capacity = 1},
                         context::background(time)};
    const auto running = p.try_submit(brittle{false});
    hold.wait_for_arrivals(1);
    // Each breaks while it holds the only slot, and the next one follows: the drain begins among them.
    std::atomic<int> broke{0};
    std::vector<std::jthread> callers;
    for (int t = 0; t < 16; ++t)
      callers.emplace_back([&] {
        brittle::copies = 0;
        try {
          static_cast<void>(p.submit(ctx, brittle{true}));
        } catch (const std::runtime_error&) {
          ++broke;
        }
      });
    hold.open();
    while (broke < round % 8)
      std::this_thread::yield();
    const auto report = p.drain(hopeless);
    BOOST_REQUIRE_EQUAL(report.books.admitted, 1u);
    BOOST_REQUIRE(report.clean());
  }
}

BOOST_AUTO_TEST_CASE(a_job_may_submit_to_its_own_pool) {
  std::atomic<int> ran{0};
  int_pool* self = nullptr;
  std::atomic<std::uint64_t> running_seen{0};
  gate ready;
  const auto job = [&](int depth) {
    ready.wait();
    ++ran;
    running_seen = self->stats().running;
    if (depth > 0)
      static_cast<void>(self->try_submit(depth - 1));
    return depth;
  };
  int_pool p{on, job, {.parallelism = 2, .capacity = 16}};
  self = &p;
  ready.open();
  auto first = p.try_submit(10);
  BOOST_TEST(first->get().completed());
  while (ran < 11)
    std::this_thread::yield();
  BOOST_TEST(p.drain(hopeless).books.completed == 11u);
  BOOST_TEST(running_seen >= 1u);
}

// -- capacity 0 and resize ------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(with_capacity_0_a_job_runs_now_or_is_refused) {
  gate hold;
  int_pool p{on, [&](int i) { return hold.wait(), i; }, {.parallelism = 3, .capacity = 0}};
  std::vector<int_pool::submission_type> all;
  for (int i = 0; i < 3; ++i)
    all.push_back(p.try_submit(i));
  hold.wait_for_arrivals(3);
  BOOST_TEST(p.stats().queued == 0u);
  auto refused = p.try_submit(3);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(is(refused.error(), ec::overloaded));
  hold.open();
  for (auto& s : all)
    BOOST_TEST(s->get().completed());
  // Whoever has an outcome finds its slot free.
  for (int i = 0; i < 1'000; ++i) {
    auto next = p.try_submit(i);
    BOOST_REQUIRE(static_cast<bool>(next));
    BOOST_REQUIRE(next->get().completed());
  }
}

BOOST_AUTO_TEST_CASE(parallelism_can_be_raised_and_lowered_while_jobs_run) {
  meeting four{4};
  head_count inside;
  std::atomic<bool> together{true};
  const auto job = [&](int i) {
    inside.enter();
    if (together)
      four.arrive_and_wait();
    inside.leave();
    return i;
  };
  int_pool p{on, job, {.parallelism = 1, .capacity = 64}};
  std::vector<int_pool::submission_type> all;
  for (int i = 0; i < 8; ++i)
    all.push_back(p.try_submit(i));
  BOOST_TEST(!p.resize(4, 64));
  for (auto& s : all)
    BOOST_TEST(s->get().completed());
  BOOST_TEST(inside.peak() == 4u);
  BOOST_TEST(p.stats().parallelism == 4u);

  together = false;
  BOOST_TEST(!p.resize(1, 64));
  // The new bound holds as soon as the surplus lanes have been told and have ended their job.
  while (p.stats().parallelism != 1u)
    std::this_thread::yield();
  head_count later;
  std::atomic<int> ended{0};
  int_pool one{on,
               [&](int i) {
                 later.enter();
                 std::this_thread::yield();
                 later.leave();
                 return ++ended, i;
               },
               {.parallelism = 4, .capacity = 64}};
  BOOST_TEST(!one.resize(1, 64));
  while (one.stats().parallelism != 1u)
    std::this_thread::yield();
  for (int i = 0; i < 64; ++i)
    BOOST_TEST(static_cast<bool>(one.submit(ctx, i)));
  BOOST_TEST(one.drain(hopeless).books.completed == 64u);
  BOOST_TEST(later.peak() == 1u);
}

BOOST_AUTO_TEST_CASE(capacity_can_be_raised_and_lowered_while_jobs_run) {
  gate hold;
  int_pool p{on, [&](int i) { return hold.wait(), i; }, {.parallelism = 1, .capacity = 2}};
  std::vector<int_pool::submission_type> all;
  all.push_back(p.try_submit(0));
  all.push_back(p.try_submit(1));
  BOOST_TEST(!p.try_submit(2));
  std::jthread caller{[&] { BOOST_TEST(p.submit(ctx, 2)->get().completed()); }};
  BOOST_TEST(!p.resize(1, 4));
  while (p.stats().used < 3)
    std::this_thread::yield();
  all.push_back(p.try_submit(3));
  BOOST_TEST(static_cast<bool>(all.back()));
  BOOST_TEST(!p.resize(1, 1));
  BOOST_TEST(!p.try_submit(4));
  hold.open();
  caller.join();
  for (auto& s : all)
    BOOST_TEST(s->get().completed());
  BOOST_TEST(p.submit(ctx, 5)->get().completed());
  BOOST_TEST(p.stats().capacity == 1u);
}

BOOST_AUTO_TEST_CASE(a_wrong_resize_changes_nothing) {
  int_pool p{on, [](int i) { return i; }, {.parallelism = 2, .capacity = 8}};
  BOOST_TEST(is(p.resize(0, 8), ec::invalid_option));
  BOOST_TEST(is(p.resize(4, 3), ec::invalid_option));
  BOOST_TEST(is(p.resize(1, capacity_max + 1), ec::invalid_option));
  BOOST_TEST(p.stats().capacity == 8u);
  BOOST_TEST(p.submit(ctx, 1)->get().completed());
}

BOOST_AUTO_TEST_CASE(resizing_from_two_threads_under_load_loses_no_job) {
  const auto seed = std::random_device{}();
  std::cout << "resize under load: seed " << seed << '\n';
  int_pool p{on, [](int i) { return i; }, {.name = std::string(100, 'n'), .parallelism = 1, .capacity = 8}};
  std::atomic<bool> over{false};
  {
    std::vector<std::jthread> all;
    for (unsigned t = 0; t < 2; ++t)
      all.emplace_back([&, t] {
        std::minstd_rand random{seed + t};
        for (int i = 0; i < 500; ++i) {
          const auto parallelism = 1 + random() % 6;
          BOOST_TEST(!p.resize(parallelism, parallelism + random() % 60));
        }
        over = true;
      });
    for (int t = 0; t < 2; ++t)
      all.emplace_back([&] {
        while (!over)
          static_cast<void>(p.submit(ctx, 1));
      });
  }
  const auto report = p.drain(hopeless);
  BOOST_TEST(report.clean());
  BOOST_TEST(report.books.balanced());
  BOOST_TEST(report.books.completed == report.books.admitted);
}

// -- tickets ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_caller_may_give_up_waiting_while_the_job_goes_on) {
  gate hold;
  int_pool p{on, [&](int i) { return hold.wait(), i; }, {.parallelism = 1, .capacity = 4}};
  auto s = p.try_submit(5);
  const auto impatient = context::with_timeout(ctx, std::chrono::milliseconds{5});
  const auto nothing = s->get(impatient);
  BOOST_REQUIRE(!nothing);
  BOOST_TEST(is(nothing.error(), ec::deadline_exceeded));
  BOOST_TEST(!s->ready());
  hold.open();
  const auto o = s->get(ctx);
  BOOST_REQUIRE(o);
  BOOST_TEST(*o->result == 5);
}

BOOST_AUTO_TEST_CASE(dropping_a_ticket_cancels_nothing_and_one_may_outlive_its_pool) {
  std::atomic<int> ran{0};
  std::vector<int_pool::submission_type> kept;
  {
    int_pool p{on, [&](int i) { return ++ran, i; }, {.parallelism = 1, .capacity = 4}};
    static_cast<void>(p.submit(ctx, 1));
    kept.push_back(p.submit(ctx, 2));
    BOOST_TEST(p.drain(hopeless).clean());
  }
  BOOST_TEST(ran == 2);
  BOOST_TEST(*kept[0]->get().result == 2);
}

BOOST_AUTO_TEST_CASE(a_job_is_gone_when_its_outcome_is_there) {
  // A block of jobs lives as long as its slowest one; what the others hold must not.
  gate hold;
  const auto job = [&](std::shared_ptr<int>& i) {
    if (*i == 3)
      hold.wait();
    return *i;
  };
  pool<std::shared_ptr<int>, int> p{on, job, {.parallelism = 1, .capacity = 64}};
  std::vector<std::weak_ptr<int>> seen;
  std::vector<ticket<int>> tickets;
  for (int i = 0; i < 4; ++i) {
    auto content = std::make_shared<int>(i);
    seen.emplace_back(content);
    auto s = p.try_submit(std::move(content));
    tickets.push_back(std::move(*s));
  }
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST(tickets[i].get().completed());
    BOOST_TEST(seen[i].expired());
  }
  hold.open();
}

BOOST_AUTO_TEST_CASE(without_a_thread_left_jobs_end_canceled_and_with_one_they_run) {
  {
    const few_threads none{0};
    int_pool p{on, [](int i) { return i; }, {.parallelism = 2, .capacity = 8}};
    auto s = p.submit(ctx, 1);
    const auto why = s ? s->get().result.error() : s.error();
    BOOST_TEST(is(why, ec::overloaded));
    BOOST_TEST(p.drain(hopeless).books.balanced());
  }
  const few_threads one{1};
  int_pool p{on, [](int i) { return i; }, {.parallelism = 2, .capacity = 8}};
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(p.submit(ctx, i)->get().completed());
}

BOOST_AUTO_TEST_CASE(wrong_options_are_refused_by_the_constructor) {
  const auto make = [&](const pool_options& o) { int_pool p{on, [](int i) { return i; }, o}; };
  BOOST_CHECK_THROW(make({.parallelism = 0}), std::invalid_argument);
  BOOST_CHECK_THROW(make({.parallelism = parallelism_max + 1}), std::invalid_argument);
  BOOST_CHECK_THROW(make({.parallelism = 4, .capacity = 3}), std::invalid_argument);
  BOOST_CHECK_THROW(make({.capacity = capacity_max + 1}), std::invalid_argument);
  BOOST_CHECK_THROW(make({.shutdown_budget = std::chrono::seconds{-1}}), std::invalid_argument);
  BOOST_CHECK_THROW(make({.on_error = {.how = policy::halt_rule::how_t::now, .percent = 101}}),
                    std::invalid_argument);
  BOOST_CHECK_NO_THROW(make({.parallelism = 4, .capacity = 4}));
  BOOST_CHECK_NO_THROW(make({}));
}

BOOST_AUTO_TEST_CASE(a_job_that_fails_is_tried_again_as_the_options_say) {
  std::atomic<int> tries{0};
  const auto third_time_lucky = [&](const std::string& job) -> caf::expected<std::string> {
    if (++tries < 3)
      return make_error(ec::failed, "not yet");
    return job + "!";
  };
  pool<std::string, std::string> p{
      on, third_time_lucky, {.parallelism = 1, .retry = {.attempts = 3, .backoff = duration::zero()}}};
  auto t = p.submit(ctx, "job");
  BOOST_REQUIRE(static_cast<bool>(t));
  const auto o = t->get();
  BOOST_TEST(o.completed());
  BOOST_TEST(*o.result == "job!");
  BOOST_TEST(o.attempt == 3u);
  BOOST_TEST(p.stats().retries == 2u);
  BOOST_TEST(p.drain(hopeless).clean());
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_for_another_attempt_is_canceled_with_the_pool) {
  pool<int, int> p{
      on,
      [](int) -> caf::expected<int> { return make_error(ec::failed, "down"); },
      {.parallelism = 1,
       .retry = {.attempts = 2, .backoff = std::chrono::hours{1}, .backoff_max = std::chrono::hours{1}}}};
  auto t = p.submit(ctx, 1);
  BOOST_REQUIRE(static_cast<bool>(t));
  while (p.stats().backing_off == 0)
    std::this_thread::yield();
  p.cancel();
  const auto o = t->get();
  BOOST_TEST((o.kind == outcome_kind::canceled));
  BOOST_TEST(o.attempt == 1u);
}

BOOST_AUTO_TEST_CASE(a_task_that_takes_its_job_away_can_not_be_asked_to_repeat_it) {
  const auto takes = [](std::unique_ptr<int> job) { return *job; };
  using move_only = pool<std::unique_ptr<int>, int>;
  BOOST_CHECK_THROW((move_only{on, takes, {.parallelism = 1, .retry = {.attempts = 2}}}),
                    std::invalid_argument);
  const auto looks = [](const std::unique_ptr<int>& job) { return *job; };
  move_only p{on, looks, {.parallelism = 1, .retry = {.attempts = 2}}};
  BOOST_TEST(*p.submit(ctx, std::make_unique<int>(7))->get().result == 7);
}

BOOST_AUTO_TEST_CASE(a_retry_rule_that_makes_no_sense_is_refused) {
  const auto refused = [](policy::retry_rule r) {
    return text_of(pool_options{.parallelism = 1, .retry = r}.validate());
  };
  BOOST_TEST(refused({}) == "no error");
  BOOST_TEST(refused({.attempts = 0}) == "retry.attempts is 0, allowed is 1 to 1000");
  BOOST_TEST(refused({.backoff = -duration{1}}) ==
             "retry.backoff is -1.00 ns, allowed is 0 ns to retry.backoff_max, which is 30.0 s");
  BOOST_TEST(refused({.backoff = duration{2}, .backoff_max = duration{1}}) ==
             "retry.backoff is 2.00 ns, allowed is 0 ns to retry.backoff_max, which is 1.00 ns");
  BOOST_TEST(refused({.backoff = duration{1}, .backoff_max = duration{1}}) == "no error");
  BOOST_TEST(refused({.growth = 0.5}).starts_with("retry.growth is 0.5"));
  BOOST_TEST(refused({.jitter = 1.5}).starts_with("retry.jitter is 1.5"));
  BOOST_TEST(refused({.budget = -1}).starts_with("retry.budget is -1"));
  BOOST_TEST(is(map_options{.retry = {.attempts = 0}}.validate(), ec::invalid_option));
  BOOST_TEST(is(stream_options{.retry = {.attempts = 0}}.validate(), ec::invalid_option));
}

BOOST_AUTO_TEST_SUITE_END()
