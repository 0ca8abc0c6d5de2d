#include <weir/runtime/first_of.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <string>
#include <thread>

#include "embedding_support.hpp"

using namespace weir;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

/// Waits until its run is canceled, and says why that was.
caf::expected<int> loser(const context& ctx, std::string& cause) {
  if (!ctx.wait_for(hopeless))
    return make_error(ec::failed, "nobody canceled it");
  cause = to_string(*ctx.why());
  return ctx.error();
}

caf::expected<int> fails(int i) {
  return make_error(ec::failed, "no " + std::to_string(i));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(first_successes, with_engine)

BOOST_AUTO_TEST_CASE(the_first_success_wins_and_the_others_are_canceled_and_hear_why) {
  std::array<std::string, 3> causes;
  meeting all{3};
  const auto race = [&](const context& c, std::size_t i) -> caf::expected<int> {
    all.arrive_and_wait();
    if (i == 1)
      return 10;
    return loser(c, causes[i]);
  };
  const auto first = first_of(on, ctx, std::array<std::size_t, 3>{0, 1, 2}, race, {.parallelism = 3});
  BOOST_REQUIRE(first);
  BOOST_TEST(first->index == 1u);
  BOOST_TEST(*first->result == 10);
  BOOST_TEST(first->attempt == 1u);
  for (const auto i : {0u, 2u})
    BOOST_TEST(causes[i] == "rule \"now,success=1 of 3\", its count was reached (halt)");
  BOOST_TEST(!ctx.canceled());
}

BOOST_AUTO_TEST_CASE(a_failure_is_no_success_and_the_next_one_gets_its_turn) {
  std::atomic<int> started{0};
  const auto f = [&](int i) -> caf::expected<int> {
    ++started;
    return i < 2 ? fails(i) : caf::expected<int>{i};
  };
  const auto first = first_of(on, ctx, std::array{0, 1, 2, 3, 4}, f, {.parallelism = 1});
  BOOST_REQUIRE(first);
  BOOST_TEST(first->index == 2u);
  // Nothing starts after the success.
  BOOST_TEST(started == 3);
}

BOOST_AUTO_TEST_CASE(if_all_fail_the_error_is_the_first_failures_with_a_count) {
  const auto all = first_of(on, ctx, std::array{0, 1, 2}, [](int i) { return fails(i); }, {.parallelism = 1});
  BOOST_REQUIRE(!all);
  BOOST_TEST(is(all.error(), ec::failed));
  BOOST_TEST(text_of(all.error()) == "3 of 3 jobs failed, 1 had to complete; the first was job 0: no 0");
  const auto thrown = first_of(on, ctx, std::array{0}, [](int) -> int { throw std::out_of_range{"far"}; },
                               {.parallelism = 1});
  BOOST_REQUIRE(!thrown);
  BOOST_TEST(is(thrown.error(), ec::exception));
  BOOST_CHECK_THROW(std::rethrow_exception(exception_of(thrown.error())), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(attempt_and_times_are_those_of_the_winner) {
  manual_clock time;
  std::atomic<int> tries{0};
  const auto f = [&](int i) -> caf::expected<int> {
    time.advance(5ms);
    if (++tries < 3)
      return fails(i);
    return i;
  };
  const auto first =
      first_of(on, context::background(time), std::array{7}, f,
               {.parallelism = 1, .retry = {.attempts = 3, .backoff = duration::zero(), .jitter = 0}});
  BOOST_REQUIRE(first);
  BOOST_TEST(first->attempt == 3u);
  BOOST_TEST((first->queue_time == 10ms));
  BOOST_TEST((first->run_time == 5ms));
}

BOOST_AUTO_TEST_CASE(when_it_returns_no_loser_runs_any_more) {
  std::atomic<bool> over{false};
  std::atomic<bool> late{false};
  meeting both{2};
  const auto race = [&](const context& c, int i) -> caf::expected<int> {
    both.arrive_and_wait();
    if (i == 0)
      return i;
    // One that takes a while to stop.
    (void)c.wait_for(hopeless);
    for (int n = 0; n < 1000; ++n)
      std::this_thread::yield();
    late = over.load();
    return c.error();
  };
  BOOST_TEST(static_cast<bool>(first_of(on, ctx, std::array{0, 1}, race, {.parallelism = 2})));
  over = true;
  BOOST_TEST(!late);
}

BOOST_AUTO_TEST_CASE(a_quorum_has_the_first_successes_in_the_order_in_which_they_completed) {
  manual_clock time;
  std::atomic<int> started{0};
  // The first job fails once, and is due again when the second one has completed.
  const auto f = [&](int i) -> caf::expected<int> {
    const auto first = ++started == 1;
    time.advance(10ms);
    return first ? fails(i) : caf::expected<int>{i * 10};
  };
  const auto two = quorum(2, on, context::background(time), std::array{1, 2, 3}, f,
                          {.parallelism = 1, .retry = {.attempts = 2, .backoff = 10ms, .jitter = 0}});
  BOOST_REQUIRE(two);
  BOOST_REQUIRE(two->size() == 2u);
  BOOST_TEST((*two)[0].index == 1u);
  BOOST_TEST(*(*two)[0].result == 20);
  BOOST_TEST((*two)[1].index == 0u);
  BOOST_TEST((*two)[1].attempt == 2u);
  BOOST_TEST(started == 3);
}

BOOST_AUTO_TEST_CASE(a_quorum_has_no_more_than_it_asked_for_though_more_completed) {
  meeting all{4};
  const auto f = [&](int i) {
    all.arrive_and_wait();
    return i;
  };
  const auto three = quorum(3, on, ctx, std::array{0, 1, 2, 3}, f, {.parallelism = 4});
  BOOST_REQUIRE(three);
  BOOST_TEST(three->size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_quorum_is_given_up_as_soon_as_it_can_not_be_reached) {
  std::array<std::string, 5> causes;
  meeting all{5};
  const auto f = [&](const context& c, std::size_t i) -> caf::expected<int> {
    all.arrive_and_wait();
    if (i < 3)
      return fails(static_cast<int>(i));
    return loser(c, causes[i]);
  };
  const auto three = quorum(3, on, ctx, std::array<std::size_t, 5>{0, 1, 2, 3, 4}, f, {.parallelism = 5});
  BOOST_REQUIRE(!three);
  BOOST_TEST(text_of(three.error()).starts_with("3 of 5 jobs failed, 3 had to complete; the first was job "));
  for (const auto i : {3u, 4u})
    BOOST_TEST(causes[i].starts_with("rule \"now,success=3 of 5\", job "));
}

BOOST_AUTO_TEST_CASE(a_cancel_from_outside_is_its_own_reason) {
  const auto own = context::with_cancel(ctx);
  const auto f = [&](const context& c, int i) -> caf::expected<int> {
    if (i == 0)
      return fails(i);
    own.cancel("enough");
    return c.error();
  };
  const auto none = first_of(on, own, std::array{0, 1}, f, {.parallelism = 1});
  BOOST_REQUIRE(!none);
  BOOST_TEST(is(none.error(), ec::canceled));
  BOOST_TEST(text_of(none.error()) == "enough (caller)");
}

BOOST_AUTO_TEST_CASE(what_can_not_be_reached_from_the_start_starts_nothing) {
  auto called = false;
  const auto f = [&](int i) {
    called = true;
    return i;
  };
  for (const auto n : {0u, 3u}) {
    const auto none = quorum(n, on, ctx, std::array{0, 1}, f);
    BOOST_REQUIRE(!none);
    BOOST_TEST(is(none.error(), ec::invalid_option));
  }
  BOOST_TEST(is(first_of(on, ctx, std::vector<int>{}, f).error(), ec::invalid_option));
  BOOST_TEST(is(first_of(on, ctx, std::array{0}, f, {.parallelism = 0}).error(), ec::invalid_option));
  BOOST_TEST(!called);
  BOOST_TEST(static_cast<bool>(quorum(2, on, ctx, std::array{0, 1}, f)));
}

BOOST_AUTO_TEST_SUITE_END()
