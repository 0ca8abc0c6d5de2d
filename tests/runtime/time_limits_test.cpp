#include <weir/runtime/pipeline.hpp>
#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <thread>
#include <vector>

#include "../actors/crew.hpp"
#include "../support/kept_clock.hpp"
#include "embedding_support.hpp"

using namespace weir;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

using int_pool = pool<int, int>;

/// A task that gives up when it is told to; opens the gate when it has begun.
auto until_told(gate& begun) {
  return [&begun](const context& own, int) -> caf::expected<int> {
    gate told;
    const auto watch = own.on_cancel([&] { told.open(); });
    begun.open();
    told.wait();
    return own.error();
  };
}

struct with_still_clock : with_engine {
  manual_clock& time = test::kept_clock();
  context now = context::background(time);
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(time_limits, with_still_clock)

BOOST_AUTO_TEST_CASE(who_waits_for_a_job_that_cant_be_canceled_has_the_answer_at_the_time_limit) {
  gate hold;
  int_pool p{on, [&](int i) { return hold.wait(), i; }, {.parallelism = 1, .timeouts = {.run = 1s}}, now};
  auto t = p.try_submit(7);
  hold.wait_for_arrivals(1);
  time.advance(1s - 1ns);
  BOOST_TEST(!t->ready());
  time.advance(1ns);
  BOOST_REQUIRE(t->ready());
  const auto o = t->get();
  BOOST_TEST((o.kind == outcome_kind::failed));
  BOOST_TEST(is(o.result.error(), ec::run_timeout));
  BOOST_TEST(text_of(o.result.error()) == "the attempt did not end within 1000 ms");
  BOOST_TEST((o.run_time == 1s));
  BOOST_TEST(o.attempt == 1u);
  hold.open();
  BOOST_TEST(p.drain(hopeless).books.failed == 1u);
}

BOOST_AUTO_TEST_CASE(the_slot_of_work_that_has_not_stopped_counts_as_canceling_until_it_has) {
  gate hold;
  int_pool p{on,
             [&](int i) { return i == 0 ? hold.wait() : void(), i; },
             {.parallelism = 1, .timeouts = {.run = 1s}},
             now};
  auto late = p.try_submit(0);
  hold.wait_for_arrivals(1);
  time.advance(1s);
  BOOST_TEST(late->ready());
  const auto s = p.stats();
  BOOST_TEST(s.canceling == 1u);
  BOOST_TEST(s.running == 0u);
  BOOST_TEST(s.used == 1u);
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(is(p.try_submit(1).error(), ec::overloaded));
  hold.open();
  BOOST_TEST(test::eventually([&] { return p.stats().used == 0; }));
  BOOST_TEST(p.stats().canceling == 0u);
  // What it returned in the end is dropped.
  BOOST_TEST(p.stats().books.completed == 0u);
  BOOST_TEST(p.try_submit(2)->get().completed());
}

BOOST_AUTO_TEST_CASE(a_task_that_watches_its_context_is_told_at_the_limit_and_knows_it_before) {
  std::optional<time_point> deadline;
  gate begun;
  const auto job = [&, waits = until_told(begun)](const context& own, int i) {
    deadline = own.deadline();
    return waits(own, i);
  };
  const auto before = time.now();
  int_pool p{on, job, {.parallelism = 1, .timeouts = {.run = 3s}}, now};
  auto t = p.try_submit(1);
  begun.wait();
  time.advance(3s);
  const auto o = t->get();
  BOOST_TEST((*deadline == before + 3s));
  BOOST_TEST((o.kind == outcome_kind::failed));
  BOOST_TEST(is(o.result.error(), ec::run_timeout));
  BOOST_TEST(p.drain(hopeless).stragglers.empty());
  BOOST_TEST(p.stats().abandoned == 0u);
}

BOOST_AUTO_TEST_CASE(a_run_that_is_canceled_before_the_limit_has_canceled_its_jobs_not_timed_them_out) {
  gate begun;
  int_pool p{on, until_told(begun), {.parallelism = 1, .timeouts = {.run = 3s}}, now};
  auto t = p.try_submit(1);
  begun.wait();
  p.cancel("enough");
  BOOST_TEST((t->get().kind == outcome_kind::canceled));
}

BOOST_AUTO_TEST_CASE(a_thread_that_goes_on_past_limit_and_grace_is_written_off_and_replaced) {
  gate hold;
  int_pool p{on,
             [&](int i) { return i == 0 ? hold.wait() : void(), i; },
             {.parallelism = 1, .timeouts = {.run = 1s, .grace = 2s}},
             now};
  auto late = p.try_submit(0);
  hold.wait_for_arrivals(1);
  time.advance(3s - 1ns);
  BOOST_TEST(p.stats().abandoned == 0u);
  time.advance(1ns);
  const auto s = p.stats();
  BOOST_TEST(s.abandoned == 1u);
  BOOST_TEST(s.canceling == 0u);
  BOOST_TEST(s.used == 0u);
  // Another thread is at work while that one still hangs.
  BOOST_TEST(p.try_submit(1)->get().completed());
  BOOST_TEST(is(late->get().result.error(), ec::run_timeout));
  BOOST_TEST(p.drain(hopeless).clean());
  hold.open();
}

BOOST_AUTO_TEST_CASE(no_more_threads_are_written_off_at_a_time_than_allowed) {
  gate first;
  gate second;
  int_pool p{on,
             [&](int i) {
               return i == 0 ? first.wait() : i == 1 ? second.wait() : void(), i;
             },
             {.parallelism = 2, .capacity = 8, .timeouts = {.run = 1s, .grace = 1s, .abandoned_max = 1}},
             now};
  auto a = p.try_submit(0);
  first.wait_for_arrivals(1);
  time.advance(1ms);
  auto b = p.try_submit(1);
  second.wait_for_arrivals(1);
  time.advance(2s);
  BOOST_TEST(p.stats().abandoned == 1u);
  BOOST_TEST(p.stats().canceling == 1u);
  // The one that was replaced works. Once its thread is back the other may go.
  BOOST_TEST(p.try_submit(2)->get().completed());
  first.open();
  BOOST_TEST(test::eventually([&] { return p.stats().abandoned == 2; }));
  BOOST_TEST(p.stats().canceling == 0u);
  BOOST_TEST(p.try_submit(3)->get().completed());
  second.open();
  BOOST_TEST(is(a->get().result.error(), ec::run_timeout));
  BOOST_TEST(is(b->get().result.error(), ec::run_timeout));
  BOOST_TEST(p.drain(hopeless).clean());
}

BOOST_AUTO_TEST_CASE(each_of_the_three_limits_has_an_error_of_its_own) {
  gate hold;
  int_pool p{on,
             [&](int i) { return hold.wait(), i; },
             {.parallelism = 1, .capacity = 2, .timeouts = {.submit = 10ms, .queue = 5s, .run = 9s}},
             now};
  auto running = p.try_submit(0);
  hold.wait_for_arrivals(1);
  auto queued = p.try_submit(1);
  BOOST_REQUIRE(queued);
  std::atomic<bool> refused{false};
  std::thread third{[&] {
    auto offer = p.submit(now, 2);
    BOOST_TEST(is(offer.error(), ec::submit_timeout));
    BOOST_TEST(offer.job() == 2);
    refused = true;
  }};
  BOOST_TEST(test::eventually([&] {
    time.advance(1ms);
    return refused.load();
  }));
  third.join();
  const auto waited = time.now() - time_point{};
  time.advance(5s - waited - 1ns);
  BOOST_TEST(!queued->ready());
  time.advance(1ns);
  BOOST_REQUIRE(queued->ready());
  const auto late = queued->get();
  BOOST_TEST(is(late.result.error(), ec::queue_timeout));
  BOOST_TEST((late.kind == outcome_kind::failed));
  BOOST_TEST(late.attempt == 0u);
  BOOST_TEST((late.queue_time == 5s));
  time.advance(4s);
  BOOST_TEST(is(running->get().result.error(), ec::run_timeout));
  hold.open();
}

BOOST_AUTO_TEST_CASE(a_caller_whose_own_deadline_comes_before_the_submit_limit_gets_that_as_the_error) {
  gate hold;
  int_pool p{on, [&](int i) { return hold.wait(), i; }, {.parallelism = 1, .timeouts = {.submit = 1h}}, now};
  auto running = p.try_submit(0);
  const auto short_of_time = context::with_timeout(now, 1s);
  time.advance(1s);
  BOOST_TEST(is(p.submit(short_of_time, 1).error(), ec::deadline_exceeded));
  hold.open();
}

BOOST_AUTO_TEST_CASE(an_attempt_that_was_too_late_is_tried_again_once_it_has_stopped) {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  gate first;
  int calls = 0;
  const auto job = [&](int& i) {
    most = std::max<int>(most, ++inside);
    if (++calls == 1)
      first.wait();
    --inside;
    return i;
  };
  int_pool p{on,
             job,
             {.parallelism = 2,
              .retry = {.attempts = 2, .backoff = 1s, .jitter = 0},
              .timeouts = {.run = 1s, .grace = 1min}},
             now};
  auto t = p.try_submit(5);
  first.wait_for_arrivals(1);
  time.advance(30s);
  BOOST_TEST(!t->ready());
  BOOST_TEST(p.stats().running == 1u);
  first.open();
  BOOST_TEST(test::eventually([&] { return p.stats().backing_off == 1; }));
  time.advance(1s);
  const auto o = t->get();
  BOOST_TEST(o.completed());
  BOOST_TEST(o.attempt == 2u);
  BOOST_TEST(most == 1);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_never_stops_fails_at_the_end_of_the_grace_though_others_were_left) {
  gate hold;
  int_pool p{on,
             [&](int& i) { return hold.wait(), i; },
             {.parallelism = 1, .retry = {.attempts = 5}, .timeouts = {.run = 1s, .grace = 1s}},
             now};
  auto t = p.try_submit(5);
  hold.wait_for_arrivals(1);
  time.advance(2s - 1ns);
  BOOST_TEST(!t->ready());
  time.advance(1ns);
  BOOST_REQUIRE(t->ready());
  BOOST_TEST(is(t->get().result.error(), ec::run_timeout));
  BOOST_TEST(p.stats().abandoned == 1u);
  hold.open();
}

BOOST_AUTO_TEST_CASE(what_waits_in_the_queue_fails_at_its_own_time_while_the_rest_goes_on_waiting) {
  gate hold;
  int_pool p{on,
             [&](int i) { return hold.wait(), i; },
             {.parallelism = 1, .capacity = 4, .timeouts = {.queue = 3s}},
             now};
  auto running = p.try_submit(0);
  hold.wait_for_arrivals(1);
  auto a = p.try_submit(1);
  time.advance(1s);
  auto b = p.try_submit(2);
  time.advance(1s);
  auto c = p.try_submit(3);
  time.advance(1s);
  BOOST_TEST(a->ready());
  BOOST_TEST(!b->ready());
  BOOST_TEST(p.stats().used == 3u);
  time.advance(1s);
  BOOST_REQUIRE(b->ready());
  BOOST_TEST(!c->ready());
  hold.open();
  BOOST_TEST(c->get().completed());
  BOOST_TEST(running->get().completed());
  for (auto* late : {&a, &b})
    BOOST_TEST(is((*late)->get().result.error(), ec::queue_timeout));
}

BOOST_AUTO_TEST_CASE(a_drain_waits_for_work_that_has_its_outcome_but_has_not_stopped_and_names_it) {
  gate hold;
  int_pool p{on,
             [&](int i) { return hold.wait(), i; },
             {.parallelism = 1, .timeouts = {.run = 1s, .grace = 1h}},
             now};
  auto t = p.try_submit(0);
  hold.wait_for_arrivals(1);
  time.advance(1s);
  BOOST_TEST(t->ready());
  std::atomic<bool> drained{false};
  std::thread ending{[&] {
    const auto report = p.drain(4s);
    BOOST_TEST(report.stragglers.size() == 1u);
    BOOST_TEST(report.books.failed == 1u);
    BOOST_TEST(report.books.balanced());
    drained = true;
  }};
  BOOST_TEST(test::eventually([&] {
    time.advance(100ms);
    return drained.load();
  }));
  ending.join();
  hold.open();
}

BOOST_AUTO_TEST_CASE(in_a_stream_a_late_job_keeps_its_place_in_the_order) {
  gate hold;
  std::vector<std::string> got;
  stream<int, int> s{on,
                     [&](int i) { return i == 1 ? hold.wait() : void(), i; },
                     {.parallelism = 2, .capacity = 8, .timeouts = {.run = 1s}},
                     [&](outcome<int>& o) {
                       got.push_back(o.completed() ? std::to_string(*o.result) : text_of(o.result.error()));
                     },
                     now};
  for (int i = 0; i < 4; ++i)
    BOOST_REQUIRE(s.try_submit(i));
  hold.wait_for_arrivals(1);
  BOOST_TEST(test::eventually([&] { return s.look().books.completed == 3; }));
  time.advance(1s);
  BOOST_TEST(test::eventually([&] { return s.look().books.failed == 1; }));
  hold.open();
  s.drain(hopeless);
  BOOST_TEST((got == std::vector<std::string>{"0", "the attempt did not end within 1000 ms", "2", "3"}));
}

BOOST_AUTO_TEST_CASE(a_halt_rule_counts_what_has_failed_by_a_limit) {
  gate hold;
  int_pool p{on,
             [&](int i) { return hold.wait(), i; },
             {.parallelism = 1, .capacity = 4, .on_error = policy::fail_fast, .timeouts = {.run = 1s}},
             now};
  auto late = p.try_submit(0);
  hold.wait_for_arrivals(1);
  auto next = p.try_submit(1);
  time.advance(1s);
  BOOST_TEST(is(late->get().result.error(), ec::run_timeout));
  BOOST_TEST((next->get().kind == outcome_kind::canceled));
  hold.open();
}

BOOST_AUTO_TEST_CASE(in_a_pipeline_a_late_item_fails_in_its_stage_and_the_others_pass) {
  gate hold;
  std::vector<int> taken;
  std::thread clock_hand{[&] {
    hold.wait_for_arrivals(1);
    time.advance(1s);
    hold.open();
  }};
  const auto slow = [&](int i) { return i == 2 ? hold.wait() : void(), i; };
  const auto summary =
      (from(std::vector{1, 2, 3}) |
       stage(slow, {.name = "slow", .parallelism = 1, .capacity = 4, .timeouts = {.run = 1s}}) |
       into([&](int i) {
         taken.push_back(i);
       })).run(on, now, {.on_error = policy::collect});
  clock_hand.join();
  BOOST_TEST((taken == std::vector{1, 3}));
  BOOST_REQUIRE(summary.failures.size() == 1u);
  BOOST_TEST(summary.failures[0].index == 1u);
  BOOST_TEST(summary.failures[0].stage == "slow");
  BOOST_TEST(is(summary.failures[0].why, ec::run_timeout));
}

BOOST_AUTO_TEST_CASE(limits_out_of_range_are_refused_before_anything_starts) {
  for (const auto& wrong :
       {policy::timeouts{.run = 0s}, policy::timeouts{.queue = -1s}, policy::timeouts{.submit = 24h * 366},
        policy::timeouts{.grace = -1ns}, policy::timeouts{.abandoned_max = 5'000}})
    BOOST_CHECK_THROW((int_pool{on, [](int i) { return i; }, {.timeouts = wrong}}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(whatever_is_late_each_job_has_one_outcome_and_the_books_balance) {
  for (const auto collected : {false, true}) {
    std::atomic<std::uint64_t> received{0};
    std::atomic<int> inside{0};
    const auto task = [&](const context& own, int& i) -> caf::expected<int> {
      // Some return at once, some when they are told to, some a while later.
      const auto waits = std::chrono::milliseconds{i % 7};
      ++inside;
      const auto end = time.now() + waits;
      while (time.now() < end && !(i % 2 == 0 && own.canceled()))
        std::this_thread::yield();
      --inside;
      return i;
    };
    const policy::timeouts limits{.queue = 20ms, .run = 3ms, .grace = 2ms, .abandoned_max = 4};
    std::atomic<bool> over{false};
    std::thread clock_hand{[&] {
      while (!over) {
        time.advance(100us);
        std::this_thread::yield();
      }
    }};
    policy::books books;
    if (collected) {
      stream<int, int> s{on,
                         task,
                         {.parallelism = 3, .capacity = 64, .order = order::input, .timeouts = limits},
                         [&](outcome<int>&) { ++received; },
                         now};
      for (int i = 0; i < 2'000; ++i)
        static_cast<void>(s.submit(now, i));
      books = s.drain(hopeless).books;
    } else {
      int_pool p{on, task, {.parallelism = 3, .capacity = 64, .timeouts = limits}, now};
      std::vector<ticket<int>> tickets;
      for (int i = 0; i < 2'000; ++i)
        if (auto t = p.submit(now, i))
          tickets.push_back(std::move(*t));
      for (auto& t : tickets) {
        static_cast<void>(t.get());
        ++received;
      }
      books = p.drain(hopeless).books;
      BOOST_TEST(p.stats().used == 0u);
    }
    BOOST_TEST(books.balanced());
    BOOST_TEST(books.admitted == received);
    BOOST_TEST(books.failed > 0u);
    BOOST_TEST(books.completed > 0u);
    BOOST_TEST(test::eventually([&] { return inside == 0; }));
    over = true;
    clock_hand.join();
  }
}

BOOST_AUTO_TEST_CASE(a_job_that_cancels_its_context_means_the_run_with_a_time_limit_as_without) {
  for (const auto& limits : {policy::timeouts{}, policy::timeouts{.run = 10s}}) {
    int_pool p{on,
               [](const context& own, int) -> caf::expected<int> {
                 own.cancel("enough");
                 return own.error();
               },
               {.parallelism = 1, .timeouts = limits},
               now};
    const auto o = p.try_submit(0)->get();
    BOOST_TEST((o.kind == outcome_kind::canceled));
    BOOST_TEST(is(p.try_submit(1).error(), ec::canceled));
  }
}

BOOST_AUTO_TEST_CASE(what_user_code_does_at_one_stages_limit_holds_up_no_other_stages) {
  // On the process's own clock: its control thread must come through.
  gate callback;
  gate begun;
  int_pool held{on,
                [&](const context& own, int i) -> caf::expected<int> {
                  if (i == 0) {
                    const auto watch = own.on_cancel([&] { callback.wait(); });
                    begun.open();
                    callback.wait();
                    return own.error();
                  }
                  begun.wait();
                  gate for_ever;
                  const auto told = own.on_cancel([&] { for_ever.open(); });
                  for_ever.wait();
                  return own.error();
                },
                {.parallelism = 2, .capacity = 2, .on_error = policy::fail_fast, .timeouts = {.run = 20ms}}};
  auto first = held.try_submit(0);
  auto second = held.try_submit(1);
  callback.wait_for_arrivals(2);
  gate hold;
  int_pool other{on, [&](int i) { return hold.wait(), i; }, {.parallelism = 1, .timeouts = {.run = 1ms}}};
  const auto o = other.try_submit(0)->get();
  BOOST_TEST(is(o.result.error(), ec::run_timeout));
  hold.open();
  callback.open();
}

BOOST_AUTO_TEST_CASE(jobs_are_destroyed_without_the_stages_lock_also_when_a_lost_thread_comes_back) {
  struct asks {
    std::function<void()> what;
    ~asks() {
      if (what)
        what();
    }
  };
  gate hold;
  gate asked;
  using job = std::shared_ptr<asks>;
  stream<job, int> s{on,
                     [&](job&) { return hold.wait(), 0; },
                     {.parallelism = 1, .capacity = 4, .timeouts = {.run = 1s, .grace = 1s}},
                     [](outcome<int>&) {},
                     now};
  BOOST_TEST(static_cast<bool>(s.try_submit(std::make_shared<asks>([&] {
    static_cast<void>(s.look());
    asked.open();
  }))));
  hold.wait_for_arrivals(1);
  time.advance(1s);
  time.advance(1s);
  BOOST_TEST(test::eventually([&] { return s.look().abandoned == 1; }));
  hold.open();
  asked.wait();
  static_cast<void>(s.drain(hopeless));
}

BOOST_AUTO_TEST_CASE(a_drain_does_not_wait_for_a_thread_that_is_written_off_just_then) {
  for (int i = 0; i < 50; ++i) {
    const auto hold = std::make_shared<gate>();
    std::optional<int_pool> p;
    p.emplace(
        on, [hold](int n) { return hold->wait(), n; },
        pool_options{.parallelism = 1, .timeouts = {.run = 1s, .grace = 1s}}, now);
    auto t = p->try_submit(0);
    hold->wait_for_arrivals(1);
    time.advance(1s);
    std::jthread ends_grace{[&] { time.advance(1s); }};
    // Hangs until the gate gives up, if it does wait.
    static_cast<void>(p->drain(hopeless));
    ends_grace.join();
    BOOST_TEST(is(t->get().result.error(), ec::run_timeout));
    hold->open();
  }
}

BOOST_AUTO_TEST_SUITE_END()
