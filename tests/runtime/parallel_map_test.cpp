#include <weir/runtime/parallel_map.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <latch>
#include <memory>
#include <numeric>
#include <string>
#include <thread>

#include "embedding_support.hpp"
#include "thread_starts.hpp"

using namespace weir;
using namespace weir::testing;

namespace {

std::vector<int> numbers(int n) {
  std::vector<int> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// What parallel_map reports for a job that throws `thrown`.
template <class T>
caf::error error_of(with_engine& f, T thrown) {
  const auto result = parallel_map(f.on, f.ctx, std::array{1}, [&](int) -> int { throw thrown; });
  return result ? caf::error{} : result.error();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(parallel_maps, with_engine)

BOOST_AUTO_TEST_CASE(results_come_in_the_order_of_the_input) {
  const auto inputs = numbers(20'000);
  const auto squares = parallel_map(on, ctx, inputs, [](int i) { return i * i; }, {.parallelism = 4});
  BOOST_REQUIRE(squares);
  BOOST_REQUIRE_EQUAL(squares->size(), inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i)
    BOOST_REQUIRE_EQUAL((*squares)[i], inputs[i] * inputs[i]);
}

BOOST_AUTO_TEST_CASE(the_first_error_wins_and_cancels_the_rest) {
  std::atomic<int> started{0};
  const auto job = [&](const context& own, int i) -> caf::expected<int> {
    ++started;
    if (i == 1)
      return make_error(ec::failed, "job 1 has had enough");
    BOOST_TEST(own.wait_for(hopeless));
    return own.error();
  };
  const auto result = parallel_map(on, ctx, numbers(1'000), job, {.parallelism = 2});
  BOOST_REQUIRE(!result);
  BOOST_TEST(is(result.error(), ec::failed));
  BOOST_TEST(text_of(result.error()) == "job 1 has had enough");
  BOOST_TEST(started == 2);
  BOOST_TEST(!ctx.canceled());
}

BOOST_AUTO_TEST_CASE(with_collect_every_job_runs_and_the_first_error_is_returned) {
  std::atomic<int> ran{0};
  const auto job = [&](int i) {
    ++ran;
    if (i == 3 || i == 5)
      throw std::runtime_error{"job " + std::to_string(i)};
    return i;
  };
  const auto result =
      parallel_map(on, ctx, numbers(100), job, {.parallelism = 1, .on_error = policy::collect});
  BOOST_REQUIRE(!result);
  BOOST_TEST(text_of(result.error()) == "job 3");
  BOOST_TEST(ran == 100);
}

BOOST_AUTO_TEST_CASE(a_halt_rule_decides_how_many_failures_are_enough) {
  std::atomic<int> ran{0};
  const auto job = [&](int i) {
    ++ran;
    if (i % 3 == 1)
      throw std::runtime_error{"job " + std::to_string(i)};
    return i;
  };
  const auto rule = policy::halt_rule::parse("soon,fail=2");
  const auto result = parallel_map(on, ctx, numbers(100), job, {.parallelism = 1, .on_error = *rule});
  BOOST_REQUIRE(!result);
  BOOST_TEST(text_of(result.error()) == "job 1");
  BOOST_TEST(ran == 5);
}

BOOST_AUTO_TEST_CASE(no_input_gives_no_results) {
  const auto result = parallel_map(on, ctx, std::vector<int>{}, [](int i) { return i; });
  BOOST_REQUIRE(result);
  BOOST_TEST(result->empty());
}

// -- results ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_result_needs_no_default_constructor) {
  struct labelled {
    explicit labelled(int i) : text(std::to_string(i)) {}
    std::string text;
  };
  const auto result = parallel_map(on, ctx, numbers(1'000), [](int i) { return labelled{i}; });
  BOOST_REQUIRE(result);
  BOOST_TEST((*result)[999].text == "999");
}

BOOST_AUTO_TEST_CASE(bools_written_by_neighbours_do_not_disturb_each_other) {
  const auto result =
      parallel_map(on, ctx, numbers(50'000), [](int i) { return i % 3 == 0; }, {.parallelism = 4});
  BOOST_REQUIRE(result);
  for (std::size_t i = 0; i < result->size(); ++i)
    BOOST_REQUIRE_EQUAL((*result)[i], i % 3 == 0);
}

BOOST_AUTO_TEST_CASE(a_result_may_be_movable_only) {
  const auto result = parallel_map(on, ctx, numbers(100), [](int i) { return std::make_unique<int>(i); });
  BOOST_REQUIRE(result);
  BOOST_TEST(*(*result)[42] == 42);
}

BOOST_AUTO_TEST_CASE(a_task_may_return_an_expected) {
  const auto half = [](int i) -> caf::expected<int> {
    if (i % 2 != 0)
      return make_error(ec::failed, std::to_string(i) + " is odd");
    return i / 2;
  };
  const auto result = parallel_map(on, ctx, std::array{2, 4, 6}, half);
  BOOST_REQUIRE(result);
  BOOST_TEST((*result == std::vector{1, 2, 3}));
  BOOST_TEST(text_of(parallel_map(on, ctx, std::array{2, 3, 4}, half, {.parallelism = 1}).error()) ==
             "3 is odd");
}

BOOST_AUTO_TEST_CASE(a_task_may_return_nothing) {
  std::atomic<int> sum{0};
  const auto result = parallel_map(on, ctx, numbers(101), [&](int i) { sum += i; });
  BOOST_REQUIRE(result);
  BOOST_TEST(result->size() == 101u);
  BOOST_TEST(sum == 5'050);
}

BOOST_AUTO_TEST_CASE(a_task_may_return_an_error_or_none) {
  const auto check = [](int i) { return i == 2 ? make_error(ec::failed, "two") : caf::error{}; };
  BOOST_TEST(static_cast<bool>(parallel_map(on, ctx, std::array{1, 3}, check)));
  const auto result = parallel_map(on, ctx, std::array{1, 2}, check);
  BOOST_REQUIRE(!result);
  BOOST_TEST(text_of(result.error()) == "two");
}

BOOST_AUTO_TEST_CASE(a_failure_without_an_error_still_has_a_text) {
  const auto fail = [](int) -> caf::expected<int> { return caf::no_error; };
  const auto result = parallel_map(on, ctx, std::array{1}, fail);
  BOOST_REQUIRE(!result);
  BOOST_TEST(is(result.error(), ec::failed));
}

BOOST_AUTO_TEST_CASE(whatever_is_thrown_keeps_its_text_and_itself) {
  auto& f = *this;
  const auto known = error_of(f, std::out_of_range{"too far"});
  BOOST_TEST(is(known, ec::exception));
  BOOST_TEST(text_of(known) == "too far");
  BOOST_CHECK_THROW(std::rethrow_exception(exception_of(known)), std::out_of_range);
  BOOST_TEST(text_of(error_of(f, std::string{"a string"})) == "a string");
  BOOST_TEST(text_of(error_of(f, "a literal")) == "a literal");
  const auto number = error_of(f, 42);
  BOOST_TEST(is(number, ec::exception));
  BOOST_CHECK_THROW(std::rethrow_exception(exception_of(number)), int);
}

// -- inputs -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_view_makes_its_jobs_on_the_way) {
  const auto result = parallel_map(on, ctx, std::views::iota(std::int64_t{1}, std::int64_t{1'001}),
                                   [](std::int64_t i) { return i; });
  BOOST_REQUIRE(result);
  BOOST_TEST(std::accumulate(result->begin(), result->end(), std::int64_t{0}) == 500'500);
}

BOOST_AUTO_TEST_CASE(a_view_that_throws_fails_the_job_that_it_was_to_make) {
  const auto inputs = numbers(10);
  auto view = inputs | std::views::transform([](int i) {
                if (i == 7)
                  throw std::runtime_error{"no job 7"};
                return i;
              });
  const auto result = parallel_map(on, ctx, view, [](int i) { return i; });
  BOOST_REQUIRE(!result);
  BOOST_TEST(text_of(result.error()) == "no job 7");
}

BOOST_AUTO_TEST_CASE(jobs_are_passed_in_place_and_a_task_that_wants_to_own_them_gets_them) {
  std::vector<std::string> words{"a", "b"};
  const auto at = parallel_map(on, ctx, words, [](const std::string& w) { return &w; });
  BOOST_REQUIRE(at);
  BOOST_TEST(((*at)[0] == &words[0] && (*at)[1] == &words[1]));
  std::vector<std::unique_ptr<int>> owned;
  owned.push_back(std::make_unique<int>(7));
  const auto result = parallel_map(on, ctx, owned, [](std::unique_ptr<int> job) { return *job; });
  BOOST_REQUIRE(result);
  BOOST_TEST((*result)[0] == 7);
  BOOST_TEST(!owned[0]);
}

BOOST_AUTO_TEST_CASE(nothing_of_the_range_is_kept_after_the_call) {
  // Iterators may refer to what ends with the call, and say so when they are destroyed.
  const auto alive = std::make_shared<int>(0);
  for (int round = 0; round < 200; ++round) {
    auto view = std::views::iota(0, 64) | std::views::transform([alive](int i) { return i; });
    const auto before = alive.use_count();
    auto task = [alive](int i) { return i + *alive; };
    BOOST_REQUIRE(static_cast<bool>(parallel_map(on, ctx, view, task, {.parallelism = 2})));
    BOOST_REQUIRE_EQUAL(alive.use_count(), before + 1);
  }
}

// -- cancel -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_canceled_context_starts_nothing) {
  const auto own = context::with_cancel(ctx);
  own.cancel("not today");
  std::atomic<int> started{0};
  const auto result = parallel_map(on, own, numbers(100), [&](int) { return ++started; });
  BOOST_REQUIRE(!result);
  BOOST_TEST(is(result.error(), ec::canceled));
  BOOST_TEST(text_of(result.error()) == "not today (caller)");
  BOOST_TEST(started == 0);
}

BOOST_AUTO_TEST_CASE(canceling_meanwhile_starts_nothing_more) {
  const auto own = context::with_cancel(ctx);
  std::atomic<int> started{0};
  const auto job = [&](int i) {
    ++started;
    if (i == 9)
      own.cancel("enough");
    return i;
  };
  const auto result = parallel_map(on, own, numbers(10'000), job, {.parallelism = 1});
  BOOST_REQUIRE(!result);
  BOOST_TEST(text_of(result.error()) == "enough (caller)");
  BOOST_TEST(started == 10);
}

BOOST_AUTO_TEST_CASE(a_cancel_that_comes_when_every_job_has_completed_takes_no_result_away) {
  const auto own = context::with_cancel(ctx);
  const auto last = [&](int i) {
    if (i == 2)
      own.cancel("too late");
    return i;
  };
  const auto result = parallel_map(on, own, numbers(3), last, {.parallelism = 1});
  BOOST_REQUIRE(result);
  BOOST_TEST(result->size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_deadline_reaches_the_jobs_and_the_caller) {
  manual_clock time;
  const auto own = context::with_timeout(context::background(time), std::chrono::seconds{5});
  const auto job = [&](const context& inner, int) -> caf::expected<int> {
    BOOST_TEST(inner.deadline().has_value());
    time.advance(std::chrono::seconds{6});
    return inner.error();
  };
  const auto result = parallel_map(on, own, numbers(10), job, {.parallelism = 1});
  BOOST_REQUIRE(!result);
  BOOST_TEST(is(result.error(), ec::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(a_stop_token_of_the_application_cancels_and_jobs_get_one) {
  std::stop_source application;
  const auto own = context::with_token(ctx, application.get_token());
  gate never;
  const auto job = [&](const context& inner, int) -> caf::expected<int> {
    const std::stop_callback stopped{inner.token(), [&] { never.open(); }};
    application.request_stop();
    never.wait();
    return inner.error();
  };
  const auto result = parallel_map(on, own, numbers(10), job, {.parallelism = 1});
  BOOST_REQUIRE(!result);
  BOOST_TEST(is(result.error(), ec::canceled));
}

// -- bounds -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(exactly_as_many_jobs_run_at_once_as_parallelism_says) {
  for (const std::size_t parallelism : {1u, 2u, 8u, 100u}) {
    meeting all{parallelism};
    head_count inside;
    const auto job = [&](int) {
      inside.enter();
      all.arrive_and_wait();
      inside.leave();
    };
    const auto n = static_cast<int>(3 * parallelism);
    BOOST_REQUIRE(static_cast<bool>(parallel_map(on, ctx, numbers(n), job, {.parallelism = parallelism})));
    BOOST_TEST(inside.peak() == parallelism);
  }
}

BOOST_AUTO_TEST_CASE(a_task_may_itself_map_on_the_same_engine) {
  const auto inner = [&](const context& own, int i) -> caf::expected<int> {
    auto parts = parallel_map(on, own, numbers(i), [](int j) { return j; }, {.parallelism = 4});
    if (!parts)
      return std::move(parts.error());
    return std::accumulate(parts->begin(), parts->end(), 0);
  };
  const auto result = parallel_map(on, ctx, numbers(50), inner, {.parallelism = 8});
  BOOST_REQUIRE(result);
  BOOST_TEST((*result)[49] == 48 * 49 / 2);
}

BOOST_AUTO_TEST_CASE(several_threads_may_map_on_one_engine) {
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> callers;
    for (int t = 0; t < 8; ++t)
      callers.emplace_back([&] {
        for (int round = 0; round < 20; ++round)
          if (parallel_map(on, ctx, numbers(100), [](int i) { return i; }, {.parallelism = 2}))
            ++good;
      });
  }
  BOOST_TEST(good == 160);
}

BOOST_AUTO_TEST_CASE(options_out_of_range_are_an_error_before_anything_starts) {
  std::atomic<int> started{0};
  const auto job = [&](int i) { return ++started, i; };
  for (const std::size_t wrong : {std::size_t{0}, parallelism_max + 1}) {
    const auto result = parallel_map(on, ctx, numbers(3), job, {.parallelism = wrong});
    BOOST_REQUIRE(!result);
    BOOST_TEST(is(result.error(), ec::invalid_option));
    BOOST_TEST(text_of(result.error()).find("allowed is 1 to 1024") != std::string::npos);
  }
  auto rule = policy::fail_fast;
  rule.count = 0;
  BOOST_TEST(is(parallel_map(on, ctx, numbers(3), job, {.on_error = rule}).error(), ec::invalid_option));
  rule.percent = 101;
  BOOST_TEST(is(parallel_map(on, ctx, numbers(3), job, {.on_error = rule}).error(), ec::invalid_option));
  BOOST_TEST(started == 0);
  BOOST_TEST(static_cast<bool>(parallel_map(on, ctx, numbers(3), job, {.parallelism = parallelism_max})));
}

BOOST_AUTO_TEST_CASE(without_a_thread_left_the_caller_does_it_all) {
  // The actors of the call may start a clock after it has returned; its engine waits for them.
  const few_threads none{0};
  const auto me = std::this_thread::get_id();
  const auto where =
      parallel_map(on, ctx, numbers(100), [](int) { return std::this_thread::get_id(); }, {.parallelism = 2});
  BOOST_REQUIRE(where);
  BOOST_TEST(std::ranges::count(*where, me) == 100);
}

BOOST_AUTO_TEST_CASE(the_caller_is_one_of_the_workers) {
  const auto me = std::this_thread::get_id();
  const auto alone =
      parallel_map(on, ctx, numbers(10), [](int) { return std::this_thread::get_id(); }, {.parallelism = 1});
  BOOST_REQUIRE(alone);
  BOOST_TEST(std::ranges::count(*alone, me) == 10);
  // Two jobs that wait for each other need two threads, and no more are there.
  std::latch both{2};
  const auto meet = [&both](int) { return both.arrive_and_wait(), std::this_thread::get_id(); };
  const auto two = parallel_map(on, ctx, numbers(2), meet, {.parallelism = 2});
  BOOST_REQUIRE(two);
  BOOST_TEST(std::ranges::count(*two, me) == 1);
}

BOOST_AUTO_TEST_CASE(a_caller_that_is_a_worker_elsewhere_is_that_again_afterwards) {
  const auto inner = [this](int) {
    const auto* const before = lane::current();
    const auto ran =
        parallel_map(on, ctx, numbers(3), [](int) { return lane::current(); }, {.parallelism = 1});
    return before != nullptr && lane::current() == before && ran && (*ran)[0] != before;
  };
  const auto all = parallel_map(on, ctx, numbers(4), inner, {.parallelism = 2});
  BOOST_REQUIRE(all);
  BOOST_TEST(std::ranges::count(*all, true) == 4);
}

BOOST_AUTO_TEST_CASE(calls_one_after_the_other_leave_no_more_than_a_bound_behind) {
  // A call that its caller has done alone is over before its actors are.
  constexpr std::size_t actors_of_a_call = 4;
  std::size_t most = 0;
  for (int i = 0; i < 5'000; ++i) {
    static_cast<void>(parallel_map(on, ctx, numbers(1), [](int n) { return n; }, {.parallelism = 2}));
    most = std::max(most, on.system().registry().running());
  }
  BOOST_TEST(most <= actors_of_a_call * (engine::ending_max + 1));
}

BOOST_AUTO_TEST_CASE(what_fails_is_tried_again_as_the_options_say) {
  std::array<std::atomic<int>, 100> tries{};
  const auto moody = [&](int i) {
    if (++tries[static_cast<std::size_t>(i)] < 1 + i % 3)
      throw std::runtime_error{"not yet"};
    return i;
  };
  const map_options options{.parallelism = 2, .retry = {.attempts = 3, .backoff = duration::zero()}};
  const auto all = parallel_map(on, ctx, std::views::iota(0, 100), moody, options);
  BOOST_REQUIRE(all);
  for (int i = 0; i < 100; ++i)
    BOOST_TEST((*all)[static_cast<std::size_t>(i)] == i);
  for (auto& t : tries)
    t = 0;
  const auto outcomes = parallel_outcomes(on, ctx, std::views::iota(0, 100), moody, options);
  BOOST_REQUIRE(outcomes);
  for (const auto& o : *outcomes)
    BOOST_TEST(o.attempt == 1 + o.index % 3);
}

BOOST_AUTO_TEST_CASE(what_a_task_takes_away_can_not_be_tried_again) {
  std::vector<std::unique_ptr<int>> inputs(3);
  const auto takes = [](std::unique_ptr<int>) {};
  const auto all = parallel_map(on, ctx, inputs, takes, {.parallelism = 1, .retry = {.attempts = 2}});
  BOOST_REQUIRE(!all);
  BOOST_TEST(is(all.error(), ec::invalid_option));
}

BOOST_AUTO_TEST_SUITE_END()
