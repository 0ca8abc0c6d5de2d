#include <weir/runtime/stream.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>
#include <random>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "embedding_support.hpp"
#include "thread_starts.hpp"

using namespace weir;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

using int_stream = stream<int, int>;
using int_outcome = outcome<int>;

static_assert(std::input_iterator<int_stream::iterator>);
static_assert(std::ranges::input_range<int_stream>);

stream_options bounds(std::size_t parallelism, std::size_t capacity, order o = order::input) {
  return {.parallelism = parallelism, .capacity = capacity, .order = o};
}

/// Submits 0 … n-1 from a thread of its own, then closes.
template <class Stream>
std::jthread feed(Stream& to, int n) {
  return std::jthread{[&to, n] {
    for (int i = 0; i < n; ++i)
      if (!to.submit(context::background(), i))
        return;
    to.close();
  }};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(streams, with_engine)

BOOST_AUTO_TEST_CASE(iterating_takes_the_outcomes_in_input_order) {
  int_stream s{on, [](int i) { return 2 * i; }, bounds(4, 256)};
  const auto feeder = feed(s, 20'000);
  std::uint64_t expected = 0;
  for (auto& o : s) {
    BOOST_REQUIRE_EQUAL(o.index, expected);
    BOOST_REQUIRE(o.completed());
    BOOST_REQUIRE_EQUAL(o.attempt, 1u);
    BOOST_REQUIRE_EQUAL(static_cast<std::uint64_t>(*o.result), 2 * expected);
    ++expected;
  }
  BOOST_TEST(expected == 20'000u);
  BOOST_TEST(!s.next());
  BOOST_TEST(!s.next());
  BOOST_TEST(s.stats().books.completed == 20'000u);
  BOOST_TEST(s.stats().used == 0u);
}

BOOST_AUTO_TEST_CASE(a_task_that_returns_nothing_has_outcomes_all_the_same) {
  stream<int, caf::unit_t> s{on,
                             [](int i) {
                               if (i == 2)
                                 throw std::runtime_error{"not this one"};
                             },
                             bounds(2, 8)};
  const auto feeder = feed(s, 4);
  std::vector<bool> completed;
  for (const auto& o : s)
    completed.push_back(o.completed());
  BOOST_TEST(completed == (std::vector{true, true, false, true}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_early_outcome_waits_for_those_before_it) {
  gate first_may_end;
  gate others_ended;
  const auto job = [&](int i) {
    if (i == 0)
      first_may_end.wait();
    else if (i == 7)
      others_ended.open();
    return i;
  };
  int_stream s{on, job, bounds(2, 16)};
  for (int i = 0; i < 8; ++i)
    BOOST_REQUIRE(static_cast<bool>(s.try_submit(i)));
  s.close();
  others_ended.wait();
  first_may_end.open();
  for (std::uint64_t i = 0; i < 8; ++i)
    BOOST_TEST(s.next()->index == i);
  BOOST_TEST(!s.next());
}

BOOST_AUTO_TEST_CASE(as_completed_does_not_wait_for_the_one_before) {
  gate first_may_end;
  int_stream s{on, [&](int i) { return i == 0 ? (first_may_end.wait(), i) : i; },
               bounds(2, 16, order::completed)};
  for (int i = 0; i < 8; ++i)
    BOOST_REQUIRE(static_cast<bool>(s.try_submit(i)));
  s.close();
  std::set<std::uint64_t> seen;
  for (int i = 1; i < 8; ++i)
    seen.insert(s.next()->index);
  BOOST_TEST(!seen.contains(0));
  BOOST_TEST(seen.size() == 7u);
  first_may_end.open();
  BOOST_TEST(s.next()->index == 0u);
  BOOST_TEST(!s.next());
}

BOOST_AUTO_TEST_CASE(unordered_misses_none) {
  int_stream s{on, [](int i) { return i; }, bounds(4, 256, order::unordered)};
  const auto feeder = feed(s, 20'000);
  std::vector<bool> seen(20'000);
  for (const auto& o : s) {
    BOOST_REQUIRE_EQUAL(static_cast<std::uint64_t>(*o.result), o.index);
    BOOST_REQUIRE(!seen[o.index]);
    seen[o.index] = true;
  }
  BOOST_TEST(std::ranges::count(seen, true) == 20'000);
}

BOOST_AUTO_TEST_CASE(outcomes_carry_their_times) {
  manual_clock time;
  const auto job = [&](int ms) {
    time.advance(std::chrono::milliseconds{ms});
    return ms;
  };
  int_stream s{on, job, bounds(1, 16), context::background(time)};
  BOOST_REQUIRE(static_cast<bool>(s.try_submit(3)));
  s.close();
  const auto o = s.next();
  BOOST_TEST((o->run_time == std::chrono::milliseconds{3}));
  BOOST_TEST((o->queue_time == duration::zero()));
}

BOOST_AUTO_TEST_CASE(a_job_is_gone_when_it_has_run) {
  gate hold;
  const auto job = [&](std::shared_ptr<int>& i) { return *i == 3 ? (hold.wait(), *i) : *i; };
  stream<std::shared_ptr<int>, int> s{on, job, bounds(1, 64)};
  std::vector<std::weak_ptr<int>> seen;
  for (int i = 0; i < 4; ++i) {
    auto content = std::make_shared<int>(i);
    seen.emplace_back(content);
    BOOST_REQUIRE(static_cast<bool>(s.try_submit(std::move(content))));
  }
  hold.wait_for_arrivals(1);
  for (std::size_t i = 0; i < 3; ++i)
    BOOST_TEST(seen[i].expired());
  hold.open();
  s.close();
  s.cancel();
}

BOOST_AUTO_TEST_CASE(a_receiver_that_wants_the_job_gets_it_and_then_it_is_gone) {
  const auto alive = std::make_shared<int>(0);
  gate hold;
  const auto receive = [&](std::shared_ptr<int>& job, int_outcome& o) {
    BOOST_TEST(job == alive);
    if (o.index == 3)
      hold.wait();
  };
  stream<std::shared_ptr<int>, int> s{on, [](const std::shared_ptr<int>& i) { return *i; }, bounds(1, 64),
                                      receive};
  for (int i = 0; i < 4; ++i)
    BOOST_REQUIRE(static_cast<bool>(s.try_submit(alive)));
  hold.wait_for_arrivals(1);
  BOOST_TEST(alive.use_count() == 2);
  hold.open();
  BOOST_TEST(s.drain(hopeless).clean());
}

// -- bounds -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_slow_receiver_bounds_what_is_inside) {
  constexpr std::uint64_t capacity = 32;
  std::atomic<std::uint64_t> ran{0};
  int_stream s{on, [&](int i) { return ++ran, i; }, bounds(2, capacity)};
  for (std::uint64_t i = 0; i < capacity; ++i)
    BOOST_REQUIRE(static_cast<bool>(s.try_submit(static_cast<int>(i))));
  while (ran < capacity)
    std::this_thread::yield();
  // All have run, none was taken.
  auto refused = s.try_submit(99);
  BOOST_TEST(is(refused.error(), ec::overloaded));
  BOOST_TEST(s.stats().used == capacity);
  const auto feeder = feed(s, 1'000);
  std::uint64_t taken = 0;
  while (s.next()) {
    ++taken;
    BOOST_REQUIRE_LE(s.stats().used, capacity);
    BOOST_REQUIRE_LE(ran, taken + capacity);
  }
  BOOST_TEST(taken == 1'000 + capacity);
}

BOOST_AUTO_TEST_CASE(the_slot_of_an_outcome_is_free_as_soon_as_it_is_taken) {
  // Take one, hand one in: with every slot in use, a slot that is kept back would be a deadlock.
  for (const std::uint64_t capacity : {1u, 4u, 63u, 64u, 1'000u}) {
    int_stream s{on, [](int i) { return i; }, bounds(1, capacity)};
    for (std::uint64_t i = 0; i < capacity; ++i)
      BOOST_REQUIRE(static_cast<bool>(s.submit(ctx, 0)));
    for (int i = 0; i < 2'000; ++i) {
      BOOST_REQUIRE(static_cast<bool>(s.next()));
      BOOST_REQUIRE(static_cast<bool>(i % 2 == 0 ? s.try_submit(i) : s.submit(ctx, i)));
    }
    s.close();
  }
}

BOOST_AUTO_TEST_CASE(a_submitter_that_waits_gets_the_slot_of_the_next_outcome_that_is_taken) {
  for (int round = 0; round < 200; ++round) {
    int_stream s{on, [](int i) { return i; }, bounds(1, 256)};
    for (int i = 0; i < 256; ++i)
      BOOST_REQUIRE(static_cast<bool>(s.submit(ctx, i)));
    gate admitted;
    std::jthread waiting{[&] {
      BOOST_TEST(static_cast<bool>(s.submit(ctx, 256)));
      admitted.open();
    }};
    BOOST_REQUIRE(static_cast<bool>(s.next()));
    admitted.wait();
  }
}

BOOST_AUTO_TEST_CASE(a_submitter_that_waits_while_every_worker_is_busy_gets_the_slot_too) {
  for (int round = 0; round < 200; ++round) {
    gate hold;
    const auto job = [&](int i) { return i == 255 ? (hold.wait(), i) : i; };
    int_stream s{on, job, bounds(1, 256, order::completed)};
    for (int i = 0; i < 256; ++i)
      BOOST_REQUIRE(static_cast<bool>(s.submit(ctx, i)));
    hold.wait_for_arrivals(1);
    gate admitted;
    std::jthread waiting{[&] {
      BOOST_TEST(static_cast<bool>(s.submit(ctx, 256)));
      admitted.open();
    }};
    BOOST_REQUIRE(static_cast<bool>(s.next()));
    admitted.wait();
    hold.open();
  }
}

BOOST_AUTO_TEST_CASE(a_receiver_that_pauses_keeps_no_slot_but_its_own) {
  gate hold;
  std::atomic<int> received{0};
  const auto receive = [&](int_outcome&) {
    if (++received == 10)
      hold.wait();
  };
  int_stream s{on, [](int i) { return i; }, bounds(1, 64), receive};
  for (int i = 0; i < 64; ++i)
    BOOST_REQUIRE(static_cast<bool>(s.submit(ctx, i)));
  hold.wait_for_arrivals(1);
  // Nine have been taken, the tenth is in the receiver's hands.
  for (int i = 0; i < 9; ++i)
    BOOST_TEST(static_cast<bool>(s.try_submit(i)));
  hold.open();
  BOOST_TEST(s.drain(hopeless).books.balanced());
}

BOOST_AUTO_TEST_CASE(resizing_under_load_keeps_the_order) {
  const auto seed = std::random_device{}();
  std::cout << "resize of a stream under load: seed " << seed << '\n';
  int_stream s{on, [](int i) { return i; }, bounds(2, 64)};
  const auto feeder = feed(s, 30'000);
  std::atomic<bool> over{false};
  std::jthread resizer{[&] {
    std::minstd_rand random{seed};
    while (!over) {
      const auto parallelism = 1 + random() % 6;
      BOOST_TEST(!s.resize(parallelism, parallelism + random() % 100));
      std::this_thread::yield();
    }
  }};
  std::uint64_t next = 0;
  while (const auto o = s.next()) {
    BOOST_REQUIRE_EQUAL(o->index, next);
    ++next;
  }
  over = true;
  BOOST_TEST(next == 30'000u);
}

// -- callback -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_callback_gets_every_outcome_in_order_on_one_thread_at_a_time) {
  std::uint64_t next = 0;
  head_count inside;
  auto in_order = true;
  {
    const auto receive = [&](int_outcome& o) {
      inside.enter();
      in_order = in_order && o.index == next++ && o.completed();
      inside.leave();
    };
    int_stream s{on, [](int i) { return i; }, bounds(2, 128), receive};
    for (int i = 0; i < 20'000; ++i)
      BOOST_REQUIRE(static_cast<bool>(s.submit(ctx, i)));
    s.close();
    s.wait();
    BOOST_TEST(s.stats().used == 0u);
    const auto report = s.drain(hopeless);
    BOOST_TEST(report.clean());
    BOOST_TEST(report.books.completed == 20'000u);
  }
  BOOST_TEST(in_order);
  BOOST_TEST(next == 20'000u);
  BOOST_TEST(inside.peak() == 1u);
}

BOOST_AUTO_TEST_CASE(a_receiver_that_throws_cancels_the_stream_with_its_text) {
  std::atomic<int> received{0};
  const auto receive = [&](int_outcome&) {
    if (++received == 3)
      throw std::runtime_error{"the pipe broke"};
  };
  int_stream s{on, [](int i) { return i; }, bounds(1, 16), receive};
  caf::error refused;
  for (int i = 0; !refused; ++i)
    if (auto put = s.submit(ctx, i); !put)
      refused = put.error();
  BOOST_TEST(is(refused, ec::exception));
  BOOST_TEST(text_of(refused) == "the pipe broke (receiver)");
  const auto report = s.drain(hopeless);
  BOOST_TEST(report.books.balanced());
  BOOST_TEST(received == 3);
  BOOST_TEST(s.stopped_by()->who == "receiver");
}

BOOST_AUTO_TEST_CASE(a_receiver_may_submit_without_waiting) {
  int_stream* self = nullptr;
  gate ready;
  std::atomic<int> last{0};
  const auto receive = [&](int_outcome& o) {
    ready.wait();
    last = *o.result;
    if (*o.result < 100)
      BOOST_TEST(static_cast<bool>(self->try_submit(*o.result)));
    else
      self->close();
  };
  int_stream s{on, [](int i) { return i + 1; }, bounds(2, 4), receive};
  self = &s;
  ready.open();
  BOOST_TEST(static_cast<bool>(s.try_submit(0)));
  s.wait();
  BOOST_TEST(last == 100);
}

BOOST_AUTO_TEST_CASE(canceled_jobs_are_outcomes_too) {
  gate hold;
  std::vector<outcome_kind> kinds;
  const auto receive = [&](int_outcome& o) { kinds.push_back(o.kind); };
  {
    int_stream s{on, [&](int i) { return hold.wait(), i; }, bounds(1, 16), receive};
    for (int i = 0; i < 10; ++i)
      BOOST_REQUIRE(static_cast<bool>(s.try_submit(i)));
    hold.wait_for_arrivals(1);
    s.cancel("enough");
    hold.open();
    const auto report = s.drain(hopeless);
    BOOST_TEST(report.books.completed == 1u);
    BOOST_TEST(report.books.canceled == 9u);
  }
  BOOST_TEST(kinds.size() == 10u);
  BOOST_TEST(std::ranges::count(kinds, outcome_kind::canceled) == 9);
}

BOOST_AUTO_TEST_CASE(the_first_failure_of_a_halting_stream_is_its_root) {
  auto options = bounds(1, 8);
  options.on_error = policy::fail_fast;
  const auto job = [](int i) -> int {
    if (i == 2)
      throw std::runtime_error{"two"};
    return i;
  };
  int_stream s{on, job, options};
  const auto feeder = feed(s, 100);
  std::uint64_t completed = 0;
  while (const auto o = s.next())
    completed += o->completed() ? 1u : 0u;
  BOOST_TEST(completed == 2u);
  BOOST_TEST(s.root()->index == 2u);
  BOOST_TEST(text_of(s.root()->why) == "two");
}

// -- the end ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_nobody_took_is_gone_when_the_stream_is) {
  const auto alive = std::make_shared<int>(1);
  for (int round = 0; round < 200; ++round) {
    {
      stream<std::shared_ptr<int>, std::shared_ptr<int>> s{
          on, [alive](const std::shared_ptr<int>& i) { return i; }, bounds(2, 64)};
      for (int i = 0; i < 64; ++i)
        BOOST_REQUIRE(static_cast<bool>(s.try_submit(alive)));
      if (round % 2 == 0) {
        BOOST_REQUIRE(static_cast<bool>(s.next()));
      }
    }
    BOOST_REQUIRE_EQUAL(alive.use_count(), 1);
  }
}

BOOST_AUTO_TEST_CASE(the_receiver_is_gone_when_the_stream_is) {
  const auto alive = std::make_shared<int>(1);
  for (int round = 0; round < 200; ++round) {
    {
      int_stream s{on, [](int i) { return i; }, bounds(2, 64), [alive](int_outcome&) {}};
      for (int i = 0; i < 10; ++i)
        BOOST_REQUIRE(static_cast<bool>(s.try_submit(i)));
    }
    BOOST_REQUIRE_EQUAL(alive.use_count(), 1);
  }
}

BOOST_AUTO_TEST_CASE(drain_of_a_stream_that_nobody_reads_ends_within_its_budget) {
  int_stream s{on, [](int i) { return i; }, bounds(1, 8)};
  for (int i = 0; i < 8; ++i)
    BOOST_REQUIRE(static_cast<bool>(s.try_submit(i)));
  const auto report = s.drain(std::chrono::milliseconds{20});
  BOOST_TEST(report.books.completed == 8u);
  // The outcomes are still there.
  for (std::uint64_t i = 0; i < 8; ++i)
    BOOST_TEST(s.next()->index == i);
  BOOST_TEST(!s.next());
}

BOOST_AUTO_TEST_CASE(a_receiver_that_never_returns_is_written_off) {
  const auto hold = std::make_shared<gate>();
  const auto left = std::make_shared<gate>();
  {
    auto options = bounds(1, 8);
    options.shutdown_budget = std::chrono::milliseconds{20};
    int_stream s{on, [](int i) { return i; }, options,
                 [hold, left](int_outcome&) {
                   hold->wait();
                   left->open();
                 }};
    BOOST_REQUIRE(static_cast<bool>(s.try_submit(1)));
    hold->wait_for_arrivals(1);
  }
  hold->open();
  left->wait();
}

BOOST_AUTO_TEST_CASE(without_a_thread_left_a_stream_ends_with_that_cause) {
  const few_threads none{0};
  int_stream s{on, [](int i) { return i; }, bounds(1, 8), [](int_outcome&) {}};
  static_cast<void>(s.submit(ctx, 1));
  const auto report = s.drain(hopeless);
  BOOST_TEST(report.books.balanced());
  BOOST_REQUIRE(s.stopped_by());
  BOOST_TEST(s.stopped_by()->why.find("no thread left") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_outcome_that_took_three_attempts_comes_in_its_place) {
  std::atomic<int> tries{0};
  const auto moody = [&](int i) -> caf::expected<int> {
    if (i == 1 && ++tries < 3)
      return make_error(ec::failed, "not yet");
    return i;
  };
  auto options = bounds(2, 8);
  options.retry = {.attempts = 3, .backoff = duration::zero()};
  int_stream s{on, moody, options};
  const auto writer = feed(s, 100);
  std::uint64_t next = 0;
  for (const auto& o : s) {
    BOOST_TEST(o.index == next);
    BOOST_TEST(o.attempt == (next == 1 ? 3u : 1u));
    ++next;
  }
  BOOST_TEST(next == 100u);
}

BOOST_AUTO_TEST_CASE(a_stream_ends_when_its_last_producer_has_gone_and_not_before) {
  int_stream s{on, [](int i) { return i; }, bounds(2, 8)};
  gate first_is_done;
  std::vector<std::jthread> threads;
  {
    auto p = s.produce();
    threads.emplace_back([mine = p]() mutable { (void)mine.submit(context::background(), 1); });
    threads.emplace_back([&, mine = p]() mutable {
      first_is_done.wait();
      (void)mine.submit(context::background(), 2);
    });
  }
  threads.front().join();
  int sum = *s.next()->result;
  first_is_done.open();
  while (const auto o = s.next())
    sum += *o->result;
  BOOST_TEST(sum == 3);
  BOOST_TEST(is(s.try_submit(3).error(), ec::closed));
}

BOOST_AUTO_TEST_CASE(a_receiver_that_was_written_off_is_not_called_again) {
  gate hold;
  gate gone;
  std::atomic<int> calls{0};
  {
    // Lives as long as the receiver does.
    const std::shared_ptr<gate> opens_at_its_end{&gone, [](gate* g) { g->open(); }};
    stream<int, int> s{on,
                       [](int i) { return i; },
                       {.parallelism = 1, .capacity = 64, .shutdown_budget = 0s},
                       [&, opens_at_its_end](outcome<int>&) {
                         if (++calls == 1)
                           hold.wait();
                       }};
    for (int i = 0; i < 60; ++i)
      BOOST_TEST(static_cast<bool>(s.try_submit(i)));
    hold.wait_for_arrivals(1);
  }
  hold.open();
  gone.wait();
  BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_SUITE_END()
