#include <boost/test/unit_test.hpp>

#include <random>

#include "crew.hpp"
#include "random.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

constexpr policy::retry_rule three_times{.attempts = 3, .backoff = 100ms, .growth = 2, .jitter = 0};

caf::error broken() {
  return make_error(ec::failed, "broken");
}

/// A station under a clock that stands still.
struct still {
  manual_clock time;
  context ctx = context::with_cancel(context::background(time));

  std::shared_ptr<station> make(station_options options) {
    options.capacity = 1'000;
    return make_station(options, ctx);
  }

  /// Moves on to `at` after the start; what is due meanwhile is called at its time.
  void advance_to(duration at) { time.advance(at - (time.now() - begun)); }

  /// Lets the time pass until then.
  [[nodiscard]] bool comes_to_rest(const station& at) {
    return eventually([&] {
      time.advance(1ms);
      return at.at_rest();
    });
  }

  time_point begun = time.now();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(station_runs_again_what_failed, still)

BOOST_AUTO_TEST_CASE(a_job_that_fails_runs_again_at_exactly_its_time) {
  const auto at = make({.retry = three_times});
  std::vector<duration> starts;
  std::vector<unsigned> attempts;
  const auto block = std::make_shared<scripted_block>(0, 1, [&](std::uint64_t, lane& on) {
    starts.push_back(time.now() - begun);
    attempts.push_back(on.attempt());
    return attempts.size() < 3 ? broken() : caf::error{};
  });
  crew lanes{at, 1};
  offer_all(*at, block);
  close(*at);
  for (const auto next : {100ms, 300ms}) {
    BOOST_TEST(eventually([&] { return at->look().backing_off == 1; }));
    BOOST_TEST(at->look().running == 0u);
    BOOST_TEST(!at->at_rest());
    advance_to(next - 1ns);
    BOOST_TEST(at->look().backing_off == 1u);
    advance_to(next);
    BOOST_TEST(at->look().backing_off == 0u);
    BOOST_TEST(eventually([&] { return at->look().backing_off == 1 || at->at_rest(); }));
  }
  at->wait_for_rest();
  BOOST_TEST((starts == std::vector<duration>{0ms, 100ms, 300ms}));
  BOOST_TEST((attempts == std::vector<unsigned>{1, 2, 3}));
  BOOST_TEST((at->look().books == policy::books{1, 1, 0, 1, 0, 0}));
  BOOST_TEST(!at->root().has_value());
}

BOOST_AUTO_TEST_CASE(after_the_last_attempt_it_has_failed_once) {
  const auto at = make({.retry = three_times});
  const auto block = std::make_shared<scripted_block>(0, 1, [](std::uint64_t, lane&) { return broken(); });
  crew lanes{at, 1};
  offer_all(*at, block);
  close(*at);
  BOOST_TEST(comes_to_rest(*at));
  BOOST_TEST(block->starts(0) == 3);
  BOOST_TEST(block->outcomes(0) == 1);
  BOOST_TEST((at->look().books == policy::books{1, 1, 0, 0, 1, 0}));
  BOOST_REQUIRE(at->root().has_value());
  BOOST_TEST(at->root()->index == 0u);
}

BOOST_AUTO_TEST_CASE(who_backs_off_holds_no_lane_and_keeps_its_slot) {
  const auto at = make({.retry = three_times});
  const auto block = std::make_shared<scripted_block>(
      0, 10, [](std::uint64_t i, lane& on) { return i == 0 && on.attempt() == 1 ? broken() : caf::error{}; });
  crew lanes{at, 1};
  offer_all(*at, block);
  close(*at);
  BOOST_TEST(eventually([&] {
    const auto s = at->look();
    return s.books.completed == 9 && s.used == 1 && s.backing_off == 1;
  }));
  BOOST_TEST(eventually([&] {
    time.advance(100ms);
    return at->at_rest();
  }));
  BOOST_TEST(block->starts(0) == 2);
}

BOOST_AUTO_TEST_CASE(its_outcome_comes_in_its_place_with_its_attempt) {
  const auto at = make({.retry = three_times, .collected = true, .ordered = true});
  const auto block = std::make_shared<scripted_block>(
      0, 5, [](std::uint64_t i, lane& on) { return i == 2 && on.attempt() < 3 ? broken() : caf::error{}; },
      true);
  crew lanes{at, 2};
  offer_all(*at, block);
  close(*at);
  BOOST_TEST(eventually([&] {
    time.advance(1ms);
    return at->look().books.completed == 5;
  }));
  std::uint64_t next = 0;
  std::vector<unsigned> attempts;
  for (std::vector<finished_span> ready; at->collect(ready); ready.clear())
    for (const auto& s : ready)
      for (auto i = s.jobs.first; i < s.jobs.last; ++i) {
        BOOST_TEST(i == next++);
        attempts.push_back(s.how.attempt);
      }
  BOOST_TEST((attempts == std::vector<unsigned>{1, 1, 3, 1, 1}));
  at->taken(5);
  BOOST_TEST(at->at_rest());
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_what_backs_off_at_once_and_nothing_starts_later) {
  const auto at = make({.retry = three_times, .collected = true});
  const auto block = std::make_shared<scripted_block>(
      0, 3, [](std::uint64_t, lane&) { return broken(); }, true);
  crew lanes{at, 1};
  offer_all(*at, block);
  BOOST_TEST(eventually([&] { return at->look().backing_off == 3; }));
  ctx.cancel("enough");
  BOOST_TEST((at->look().books == policy::books{3, 3, 0, 0, 0, 3}));
  std::vector<finished_span> ended;
  BOOST_TEST(at->collect(ended));
  for (const auto& s : ended) {
    BOOST_TEST(s.why != nullptr);
    BOOST_TEST((s.how.kind == outcome_kind::canceled));
    BOOST_TEST(s.how.attempt == 1u);
  }
  at->taken(3);
  BOOST_TEST(at->at_rest());
  time.advance(1h);
  BOOST_TEST(block->started() == 3);
}

BOOST_AUTO_TEST_CASE(what_gives_up_because_of_its_context_or_is_not_worth_it_is_not_tried_again) {
  const auto at = make({.retry = three_times, .retry_if = [](const caf::error& e) {
                          if (text_of(e) == "throws")
                            throw std::runtime_error{"in the predicate"};
                          return text_of(e) == "worth it";
                        }});
  const auto block = std::make_shared<scripted_block>(0, 3, [](std::uint64_t i, lane&) {
    return make_error(ec::failed, i == 0 ? "worth it" : i == 1 ? "not" : "throws");
  });
  crew lanes{at, 1};
  offer_all(*at, block);
  close(*at);
  BOOST_TEST(comes_to_rest(*at));
  BOOST_TEST(block->starts(0) == 3);
  BOOST_TEST(block->starts(1) == 1);
  BOOST_TEST(block->starts(2) == 1);
  BOOST_TEST(at->look().books.failed == 3u);
}

BOOST_AUTO_TEST_CASE(a_wait_that_would_outlast_the_deadline_is_not_begun) {
  ctx = context::with_timeout(ctx, 150ms);
  const auto at = make({.retry = three_times});
  const auto block = std::make_shared<scripted_block>(0, 1, [](std::uint64_t, lane&) { return broken(); });
  crew lanes{at, 1};
  offer_all(*at, block);
  close(*at);
  BOOST_TEST(eventually([&] { return at->look().backing_off == 1; }));
  time.advance(100ms);
  BOOST_TEST(eventually([&] { return at->at_rest(); }));
  // The second attempt failed at 100 ms; the third could only begin at 300 ms.
  BOOST_TEST(block->starts(0) == 2);
  BOOST_TEST(at->look().books.failed == 1u);
  BOOST_REQUIRE(at->root().has_value());
  BOOST_TEST(text_of(at->root()->why) == "broken");
}

BOOST_AUTO_TEST_CASE(a_rule_for_ending_early_counts_last_attempts_only) {
  const auto at = make({.halt = policy::fail_fast, .retry = three_times});
  const auto block = std::make_shared<scripted_block>(
      0, 3, [](std::uint64_t, lane& on) { return on.attempt() < 3 ? broken() : caf::error{}; });
  crew lanes{at, 1};
  offer_all(*at, block);
  close(*at);
  BOOST_TEST(comes_to_rest(*at));
  BOOST_TEST(at->look().books.completed == 3u);
  BOOST_TEST(at->look().retries == 6u);
  BOOST_TEST(!at->stopped_by().has_value());
}

BOOST_AUTO_TEST_CASE(a_repeated_job_that_does_not_stop_is_written_off_with_its_attempt) {
  const auto at = make({.retry = three_times, .collected = true});
  event running;
  event go;
  const auto block = std::make_shared<scripted_block>(
      0, 1,
      [&](std::uint64_t, lane& on) {
        if (on.attempt() == 2) {
          running.set();
          go.wait();
        }
        return broken();
      },
      true);
  crew lanes{at, 1};
  offer_all(*at, block);
  BOOST_TEST(eventually([&] { return at->look().backing_off == 1; }));
  time.advance(100ms);
  running.wait();
  const auto left = at->abandon();
  BOOST_REQUIRE(left.size() == 1u);
  std::vector<finished_span> ended;
  BOOST_TEST(at->collect(ended));
  BOOST_REQUIRE(ended.size() == 1u);
  BOOST_TEST(ended[0].in_use);
  BOOST_TEST(ended[0].how.attempt == 2u);
  at->taken(1);
  BOOST_TEST(at->at_rest());
  go.set();
  at->wait_for_lost_lanes();
  time.advance(1h);
  BOOST_TEST(block->started() == 2);
  BOOST_TEST((at->look().books == policy::books{1, 1, 0, 0, 0, 1}));
}

BOOST_AUTO_TEST_CASE(a_budget_ends_the_retries_of_a_run_in_which_all_fails) {
  auto rule = three_times;
  rule.budget = 0.5;
  rule.budget_free = 4;
  const auto at = make({.retry = rule});
  const auto block = std::make_shared<scripted_block>(0, 100, [](std::uint64_t, lane&) { return broken(); });
  crew lanes{at, 1};
  offer_all(*at, block);
  close(*at);
  BOOST_TEST(comes_to_rest(*at));
  const auto s = at->look();
  BOOST_TEST(s.books.failed == 100u);
  BOOST_TEST(s.retries <= 54u);
  BOOST_TEST(s.retries >= 40u);
}

BOOST_AUTO_TEST_CASE(whatever_comes_between_each_job_has_one_outcome) {
  seeded random;
  for (int round = 0; round < 200; ++round) {
    manual_clock clock;
    const auto all = context::with_cancel(context::background(clock));
    const auto jobs = random.between(1, 200);
    const auto failures = random.below(4);
    const auto collected = random.one_in(2);
    const auto at = make_station({.capacity = jobs,
                                  .retry = {.attempts = 3, .backoff = duration{random.below(3)}, .seed = 1},
                                  .collected = collected,
                                  .ordered = random.one_in(2)},
                                 all);
    const auto block = std::make_shared<scripted_block>(
        0, jobs,
        [&](std::uint64_t i, lane& on) {
          return (i + on.attempt()) % 4 < failures ? broken() : caf::error{};
        },
        collected);
    crew lanes{at, random.between(1, 4)};
    offer_all(*at, block);
    std::thread collector;
    std::uint64_t taken = 0;
    if (collected)
      collector = std::thread{[&] {
        for (std::vector<finished_span> ready; at->collect(ready); ready.clear())
          for (const auto& s : ready) {
            taken += s.jobs.size();
            at->taken(s.jobs.size());
          }
      }};
    for (auto n = random.below(10); n > 0; --n) {
      clock.advance(1ns);
      lanes.resize(random.between(1, 4));
    }
    if (random.one_in(3))
      all.cancel("enough");
    else
      close(*at);
    BOOST_TEST_REQUIRE(eventually([&] {
      clock.advance(1ns);
      return at->at_rest();
    }));
    if (collector.joinable())
      collector.join();
    const auto end = at->look();
    BOOST_TEST_REQUIRE(end.books.balanced());
    BOOST_TEST_REQUIRE(end.books.ended() == jobs);
    BOOST_TEST_REQUIRE(end.used == 0u);
    BOOST_TEST_REQUIRE(end.backing_off == 0u);
    BOOST_TEST_REQUIRE(end.peak_running <= 4u);
    if (collected)
      BOOST_TEST_REQUIRE(taken == jobs);
    else
      for (std::uint64_t i = 0; i < jobs; ++i)
        BOOST_TEST_REQUIRE(block->outcomes(i) == 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
