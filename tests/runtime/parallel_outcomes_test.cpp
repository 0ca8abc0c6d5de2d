#include <weir/runtime/parallel_map.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <set>
#include <string>
#include <thread>

#include "embedding_support.hpp"

using namespace weir;
using namespace weir::testing;

BOOST_FIXTURE_TEST_SUITE(parallel_outcomes_of_all_jobs, with_engine)

BOOST_AUTO_TEST_CASE(each_outcome_has_its_index_attempt_and_times) {
  manual_clock time;
  const auto job = [&](int ms) {
    time.advance(std::chrono::milliseconds{ms});
    return ms;
  };
  const auto all =
      parallel_outcomes(on, context::background(time), std::array{5, 7, 1}, job, {.parallelism = 1});
  BOOST_REQUIRE(all);
  BOOST_REQUIRE_EQUAL(all->size(), 3u);
  const std::array queued{0, 5, 12};
  const std::array run{5, 7, 1};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& o = (*all)[i];
    BOOST_TEST(o.index == i);
    BOOST_TEST(o.attempt == 1u);
    BOOST_TEST(o.completed());
    BOOST_TEST((o.queue_time == std::chrono::milliseconds{queued[i]}));
    BOOST_TEST((o.run_time == std::chrono::milliseconds{run[i]}));
    BOOST_TEST(*o.result == run[i]);
  }
}

BOOST_AUTO_TEST_CASE(failed_and_unstarted_jobs_have_outcomes_too) {
  const auto job = [](int i) {
    if (i == 2)
      throw std::runtime_error{"two"};
    return i;
  };
  const auto all = parallel_outcomes(on, ctx, std::array{0, 1, 2, 3, 4}, job, {.parallelism = 1});
  BOOST_REQUIRE(all);
  BOOST_TEST((*all)[1].completed());
  BOOST_TEST(((*all)[2].kind == outcome_kind::failed));
  BOOST_TEST(text_of((*all)[2].result.error()) == "two");
  for (const auto i : {3u, 4u}) {
    BOOST_TEST(((*all)[i].kind == outcome_kind::canceled));
    BOOST_TEST((*all)[i].attempt == 0u);
    BOOST_TEST((*all)[i].index == i);
    BOOST_TEST(text_of((*all)[i].result.error()).find("job 2 failed: two") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(with_collect_only_the_failed_jobs_lack_a_value) {
  const auto job = [](int i) -> caf::expected<int> {
    if (i % 2 != 0)
      return make_error(ec::failed, "odd");
    return i;
  };
  const auto all = parallel_outcomes(on, ctx, std::views::iota(0, 1'000), job, {.on_error = policy::collect});
  BOOST_REQUIRE(all);
  for (const auto& o : *all)
    BOOST_REQUIRE(o.completed() == (o.index % 2 == 0));
}

BOOST_AUTO_TEST_CASE(as_completed_puts_a_long_job_behind_those_that_ended_before_it) {
  gate others_done;
  std::atomic<int> ended{0};
  const auto job = [&](int i) {
    if (i == 0)
      others_done.wait();
    else if (++ended == 9)
      others_done.open();
    return i;
  };
  const auto all =
      parallel_outcomes(on, ctx, std::views::iota(0, 10), job, {.parallelism = 2, .order = order::completed});
  BOOST_REQUIRE(all);
  // The one that lets it go on may end beside it; the eight before that have ended earlier.
  const auto long_one = std::ranges::find(*all, 0u, &outcome<int>::index);
  BOOST_TEST(std::distance(all->begin(), long_one) >= 8);
}

BOOST_AUTO_TEST_CASE(unordered_misses_none) {
  const auto all = parallel_outcomes(on, ctx, std::views::iota(0, 5'000), [](int i) { return i; },
                                     {.parallelism = 4, .order = order::unordered});
  BOOST_REQUIRE(all);
  std::set<std::uint64_t> seen;
  for (const auto& o : *all) {
    seen.insert(o.index);
    BOOST_REQUIRE_EQUAL(static_cast<std::uint64_t>(*o.result), o.index);
  }
  BOOST_TEST(seen.size() == 5'000u);
}

BOOST_AUTO_TEST_CASE(a_job_that_gives_up_because_of_the_cancel_is_canceled_not_failed) {
  const auto own = context::with_cancel(ctx);
  const auto job = [&](const context& inner, int) -> caf::expected<int> {
    own.cancel("stop");
    return inner.error();
  };
  const auto all = parallel_outcomes(on, own, std::array{0, 1}, job, {.parallelism = 1});
  BOOST_REQUIRE(all);
  BOOST_TEST(((*all)[0].kind == outcome_kind::canceled));
  BOOST_TEST((*all)[0].attempt == 1u);
  BOOST_TEST(((*all)[1].kind == outcome_kind::canceled));
  BOOST_TEST((*all)[1].attempt == 0u);
  BOOST_TEST(text_of((*all)[1].result.error()) == "stop (caller)");
}

BOOST_AUTO_TEST_CASE(a_view_that_throws_is_the_failure_of_its_job) {
  auto view = std::views::iota(0, 4) | std::views::transform([](int i) {
                if (i == 2)
                  throw std::runtime_error{"no job 2"};
                return i;
              });
  const auto all = parallel_outcomes(on, ctx, view, [](int i) { return i; },
                                     {.parallelism = 1, .on_error = policy::collect});
  BOOST_REQUIRE(all);
  BOOST_TEST(((*all)[2].kind == outcome_kind::failed));
  BOOST_TEST(text_of((*all)[2].result.error()) == "no job 2");
  BOOST_TEST((*all)[3].completed());
}

BOOST_AUTO_TEST_CASE(a_halt_after_enough_successes_leaves_the_outcomes_so_far) {
  const auto rule = policy::halt_rule::parse("now,success=3");
  const auto all = parallel_outcomes(on, ctx, std::views::iota(0, 100), [](int i) { return i; },
                                     {.parallelism = 1, .on_error = *rule});
  BOOST_REQUIRE(all);
  BOOST_TEST(std::ranges::count_if(*all, [](const auto& o) { return o.completed(); }) == 3);
}

BOOST_AUTO_TEST_CASE(a_job_that_was_to_be_tried_again_when_the_run_ended_tells_how_often_it_ran) {
  const auto all = context::with_cancel(ctx);
  std::atomic<int> failed{0};
  const auto down = [&](int i) -> caf::expected<int> {
    if (i < 2) {
      ++failed;
      return make_error(ec::failed, "down");
    }
    while (failed < 2)
      std::this_thread::yield();
    all.cancel("enough");
    return i;
  };
  const auto outcomes = parallel_outcomes(
      on, all, std::array{0, 1, 2}, down,
      {.parallelism = 1,
       .retry = {.attempts = 2, .backoff = std::chrono::hours{1}, .backoff_max = std::chrono::hours{1}}});
  BOOST_REQUIRE(outcomes);
  for (const auto i : {0u, 1u}) {
    BOOST_TEST(((*outcomes)[i].kind == outcome_kind::canceled));
    BOOST_TEST((*outcomes)[i].attempt == 1u);
  }
  BOOST_TEST((*outcomes)[2].completed());
}

BOOST_AUTO_TEST_SUITE_END()
