#include <weir/runtime/pool.hpp>

#include <boost/test/unit_test.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "embedding_support.hpp"

using namespace weir;
using namespace weir::testing;

namespace {

using int_pool = pool<int, int>;

/// A task that runs until it is told to stop.
caf::expected<int> until_canceled(const context& own, int) {
  static_cast<void>(own.wait_for(hopeless));
  return own.error();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ends_of_pools, with_engine)

BOOST_AUTO_TEST_CASE(cancel_with_3000_jobs_queued_comes_to_rest_at_once_and_starts_nothing) {
  std::atomic<bool> canceled{false};
  std::atomic<int> started_after{0};
  gate running;
  const auto job = [&](const context& own, int i) -> caf::expected<int> {
    if (canceled)
      ++started_after;
    const std::stop_callback stopped{own.token(), [&] { running.open(); }};
    running.wait();
    return own.canceled() ? caf::expected<int>{own.error()} : i;
  };
  int_pool p{on, job, {.parallelism = 2, .capacity = 4'000}};
  std::vector<ticket<int>> tickets;
  for (int i = 0; i < 3'002; ++i)
    tickets.push_back(std::move(*p.try_submit(i)));
  running.wait_for_arrivals(2);
  const auto before = steady_clock().now();
  p.cancel("the operator said so");
  canceled = true;
  for (auto& t : tickets) {
    const auto o = t.get();
    BOOST_REQUIRE((o.kind == outcome_kind::canceled));
    BOOST_REQUIRE(is(o.result.error(), ec::canceled));
    BOOST_REQUIRE_EQUAL(text_of(o.result.error()), "the operator said so (caller)");
  }
  const auto report = p.drain(hopeless);
  const auto took = std::chrono::duration<double, std::milli>(steady_clock().now() - before).count();
  std::cout << "cancel with 3,000 jobs queued: at rest after " << took << " ms\n";
  BOOST_TEST(took < 1'000);
  BOOST_TEST(started_after == 0);
  BOOST_TEST(report.books.admitted == 3'002u);
  BOOST_TEST(report.books.canceled == 3'002u);
  BOOST_TEST(report.stragglers.empty());
}

BOOST_AUTO_TEST_CASE(a_cancel_closes_the_pool_before_a_job_is_told_of_it) {
  // What a job does on a cancel may take its time; nothing may start meanwhile.
  int_pool* self = nullptr;
  gate told;
  gate may_return;
  const auto job = [&](const context& own, int i) -> caf::expected<int> {
    const std::stop_callback stopped{own.token(), [&] {
                                       BOOST_TEST(is(self->try_submit(9).error(), ec::canceled));
                                       may_return.open();
                                     }};
    told.open();
    may_return.wait();
    return i;
  };
  int_pool p{on, job, {.parallelism = 1, .capacity = 8}};
  self = &p;
  auto running = p.try_submit(0);
  auto queued = p.try_submit(1);
  told.wait();
  p.cancel();
  BOOST_TEST(running->get().completed());
  BOOST_TEST(queued->get().attempt == 0u);
}

BOOST_AUTO_TEST_CASE(a_job_that_completes_after_the_cancel_is_completed_and_keeps_its_slot_until_then) {
  gate hold;
  int_pool p{on, [&](int i) { return hold.wait(), i; }, {.parallelism = 1, .capacity = 2}};
  auto running = p.try_submit(1);
  auto queued = p.try_submit(2);
  hold.wait_for_arrivals(1);
  p.cancel();
  BOOST_TEST((queued->get().kind == outcome_kind::canceled));
  BOOST_TEST(p.stats().used == 1u);
  BOOST_TEST(p.stats().running == 1u);
  hold.open();
  BOOST_TEST(running->get().completed());
  BOOST_TEST(p.drain(hopeless).books.canceled == 1u);
}

BOOST_AUTO_TEST_CASE(canceling_the_parent_cancels_the_pool_and_never_the_reverse) {
  const auto parent = context::with_cancel(ctx);
  int_pool first{on, until_canceled, {.parallelism = 1, .capacity = 4}, parent};
  int_pool second{on, until_canceled, {.parallelism = 1, .capacity = 4}, parent};
  auto a = first.try_submit(1);
  first.cancel("only the first");
  BOOST_TEST(text_of(a->get().result.error()) == "only the first (caller)");
  BOOST_TEST(!parent.canceled());
  auto b = second.try_submit(1);
  parent.cancel("all of it");
  BOOST_TEST(text_of(b->get().result.error()) == "all of it (caller)");
  BOOST_TEST(is(second.try_submit(2).error(), ec::canceled));
}

BOOST_AUTO_TEST_CASE(drain_finishes_what_was_admitted_and_refuses_the_rest) {
  gate hold;
  int_pool p{on, [&](int i) { return hold.wait(), i; }, {.parallelism = 2, .capacity = 32}};
  for (int i = 0; i < 32; ++i)
    BOOST_REQUIRE(static_cast<bool>(p.try_submit(i)));
  std::jthread first{[&] { BOOST_TEST(p.drain(hopeless).books.completed == 32u); }};
  std::jthread second{[&] { BOOST_TEST(p.drain(hopeless).books.completed == 32u); }};
  while (!p.stats().books.rejected) {
    auto late = p.try_submit(99);
    BOOST_TEST((late || is(late.error(), ec::closed) || is(late.error(), ec::overloaded)));
    std::this_thread::yield();
  }
  hold.open();
  first.join();
  second.join();
  auto late = p.try_submit(99);
  BOOST_TEST(is(late.error(), ec::closed));
  BOOST_TEST(late.job() == 99);
  BOOST_TEST(p.drain(hopeless).clean());
}

BOOST_AUTO_TEST_CASE(drain_cancels_what_does_not_finish_in_time) {
  manual_clock time;
  const auto own = context::background(time);
  gate in_job;
  std::atomic<bool> canceled{false};
  const auto job = [&](const context& inner, int) -> caf::expected<int> {
    gate stopped;
    const std::stop_callback told{inner.token(), [&] {
                                    canceled = true;
                                    stopped.open();
                                  }};
    in_job.wait();
    stopped.wait();
    return inner.error();
  };
  in_job.open();
  int_pool p{on, job, {.parallelism = 1, .capacity = 4}, own};
  auto running = p.try_submit(1);
  auto queued = p.try_submit(2);
  in_job.wait_for_arrivals(1);
  shutdown_report report;
  std::jthread drainer{[&] { report = p.drain(std::chrono::seconds{4}); }};
  while (!canceled) {
    time.advance(std::chrono::milliseconds{100});
    std::this_thread::yield();
  }
  drainer.join();
  BOOST_TEST(is(running->get().result.error(), ec::deadline_exceeded));
  BOOST_TEST(is(queued->get().result.error(), ec::deadline_exceeded));
  BOOST_TEST(report.books.canceled == 2u);
  BOOST_TEST(!report.clean());
  BOOST_TEST(report.stragglers.empty());
}

BOOST_AUTO_TEST_CASE(a_job_that_never_stops_is_written_off_and_named) {
  const auto hold = std::make_shared<gate>();
  const auto finished = std::make_shared<gate>();
  {
    int_pool p{on,
               [hold, finished](int i) {
                 hold->wait();
                 if (i == 1)
                   finished->open();
                 return i;
               },
               {.parallelism = 1, .capacity = 4}};
    auto running = p.try_submit(1);
    auto queued = p.try_submit(2);
    hold->wait_for_arrivals(1);
    const auto report = p.drain(std::chrono::milliseconds{20});
    BOOST_REQUIRE_EQUAL(report.stragglers.size(), 1u);
    BOOST_TEST(report.stragglers[0].index == 0u);
    BOOST_TEST(report.books.canceled == 2u);
    const auto lost = running->get();
    BOOST_TEST(is(lost.result.error(), ec::abandoned));
    BOOST_TEST(lost.attempt == 1u);
    BOOST_TEST((queued->get().kind == outcome_kind::canceled));
    BOOST_TEST(p.stats().abandoned == 1u);
  }
  // The pool has gone; the thread that was written off must still find what it needs.
  hold->open();
  finished->wait();
}

BOOST_AUTO_TEST_CASE(what_a_job_returns_after_it_was_written_off_is_dropped) {
  const auto hold = std::make_shared<gate>();
  const auto dropped = std::make_shared<gate>();
  const auto job = [hold, dropped](int i) {
    hold->wait();
    return std::shared_ptr<int>{new int{i}, [dropped](const int* result) {
                                  delete result;
                                  dropped->open();
                                }};
  };
  pool<int, std::shared_ptr<int>> p{on, job, {.parallelism = 1, .capacity = 4}};
  auto lost = p.try_submit(1);
  hold->wait_for_arrivals(1);
  const auto report = p.drain(std::chrono::milliseconds{20});
  BOOST_TEST(report.stragglers.size() == 1u);
  BOOST_TEST(lost->ready());
  hold->open();
  dropped->wait();
  BOOST_TEST(is(lost->get().result.error(), ec::abandoned));
  BOOST_TEST((p.stats().books == report.books));
}

BOOST_AUTO_TEST_CASE(destroying_a_pool_cancels_what_is_queued_and_what_runs) {
  std::vector<ticket<int>> tickets;
  gate running;
  {
    const auto job = [&](const context& own, int i) {
      running.open();
      return until_canceled(own, i);
    };
    int_pool p{on, job, {.name = "short-lived", .parallelism = 2, .capacity = 64}};
    for (int i = 0; i < 64; ++i)
      tickets.push_back(std::move(*p.try_submit(i)));
    running.wait();
  }
  for (auto& t : tickets) {
    BOOST_TEST(t.ready());
    BOOST_TEST(text_of(t.get().result.error()) == "short-lived was destroyed (owner)");
  }
}

BOOST_AUTO_TEST_CASE(a_pool_that_halts_on_failures_says_so_in_the_other_outcomes) {
  gate hold;
  const auto job = [&](int i) -> int {
    hold.wait();
    throw std::runtime_error{"no " + std::to_string(i)};
  };
  int_pool p{on, job, {.parallelism = 1, .capacity = 8, .on_error = policy::fail_fast}};
  auto first = p.try_submit(0);
  auto second = p.try_submit(1);
  hold.open();
  BOOST_TEST(text_of(first->get().result.error()) == "no 0");
  BOOST_TEST(text_of(second->get().result.error()).find("job 0 failed: no 0") != std::string::npos);
  BOOST_TEST(is(p.try_submit(2).error(), ec::canceled));
}

BOOST_AUTO_TEST_CASE(jobs_and_the_task_are_gone_when_the_pool_is) {
  const auto alive = std::make_shared<int>(1);
  for (int round = 0; round < 100; ++round) {
    {
      pool<std::shared_ptr<int>, int> p{on,
                                        [alive](const std::shared_ptr<int>& i) { return *i + *alive; },
                                        {.parallelism = 2, .capacity = 16}};
      for (int i = 0; i < 16; ++i)
        static_cast<void>(p.try_submit(alive));
    }
    BOOST_REQUIRE_EQUAL(alive.use_count(), 1);
  }
}

BOOST_AUTO_TEST_CASE(pools_of_one_engine_end_while_others_work) {
  std::vector<std::jthread> users;
  std::atomic<std::uint64_t> completed{0};
  for (int t = 0; t < 4; ++t)
    users.emplace_back([&] {
      for (int round = 0; round < 25; ++round) {
        int_pool p{on, [](int i) { return i; }, {.parallelism = 2, .capacity = 8}};
        for (int i = 0; i < 100; ++i)
          static_cast<void>(p.submit(ctx, i));
        completed += p.drain(hopeless).books.completed;
      }
    });
  users.clear();
  BOOST_TEST(completed == 4u * 25u * 100u);
}

BOOST_AUTO_TEST_CASE(what_runs_hears_of_a_cancel_before_what_has_waited_is_destroyed) {
  struct held {
    gate* by = nullptr;
    ~held() {
      if (by)
        by->wait();
    }
  };
  gate told;
  gate begun;
  using job = std::shared_ptr<held>;
  pool<job, int> p{on,
                   [&](const context& own, job&) -> caf::expected<int> {
                     const auto watch = own.on_cancel([&] { told.open(); });
                     begun.open();
                     told.wait();
                     return own.error();
                   },
                   {.parallelism = 1, .capacity = 2}};
  auto runs = p.try_submit(std::make_shared<held>());
  begun.wait();
  auto waits = p.try_submit(std::make_shared<held>(&told));
  p.cancel("enough");
  BOOST_TEST((runs->get().kind == outcome_kind::canceled));
  BOOST_TEST((waits->get().kind == outcome_kind::canceled));
}

BOOST_AUTO_TEST_SUITE_END()
