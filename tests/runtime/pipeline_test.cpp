#include <weir/runtime/pipeline.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstdint>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "embedding_support.hpp"

using namespace weir;
using namespace weir::testing;

namespace {

auto numbers(int n) {
  return std::views::iota(0, n);
}

std::int64_t square(std::int64_t i) {
  return i * i;
}

bool balanced(const pipeline_summary& s) {
  return std::ranges::all_of(s.stages, [](const auto& stage) { return stage.books.balanced(); });
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pipelines, with_engine)

BOOST_AUTO_TEST_CASE(each_item_passes_every_stage_in_its_place) {
  std::vector<std::string> seen;
  const auto s =
      (from(numbers(10'000)) | stage(square, {.name = "square", .parallelism = 3, .capacity = 64}) |
       stage([](std::int64_t i) { return std::to_string(i); }, {.name = "print", .parallelism = 2}) |
       into([&](const std::string& text) {
         seen.push_back(text);
       })).run(on, ctx);
  BOOST_TEST(s.clean());
  BOOST_TEST(!s.error());
  BOOST_TEST(s.read == 10'000u);
  BOOST_TEST(s.delivered == 10'000u);
  BOOST_REQUIRE(seen.size() == 10'000u);
  for (int i = 0; i < 10'000; ++i)
    BOOST_TEST_REQUIRE(seen[static_cast<std::size_t>(i)] == std::to_string(i * i));
  BOOST_REQUIRE(s.stages.size() == 2u);
  BOOST_TEST(s.stages[0].name == "square");
  BOOST_TEST(s.stages[1].name == "print");
  BOOST_TEST((s.stages[1].books == policy::books{10'000, 10'000, 0, 10'000, 0, 0}));
}

BOOST_AUTO_TEST_CASE(a_filter_passes_on_what_is_wanted_and_a_flat_map_makes_several_of_one) {
  std::ostringstream out;
  const auto s =
      (from(numbers(6)) | filter([](int i) { return i % 2 == 1; }) |
       flat_map([](int i) { return std::vector<int>(static_cast<std::size_t>(i), i); }) | into([&](int i) {
         out << i;
       })).run(on, ctx);
  BOOST_TEST(out.str() == "133355555");
  BOOST_TEST(s.read == 6u);
  BOOST_TEST(s.delivered == 9u);
  BOOST_TEST(s.clean());
}

BOOST_AUTO_TEST_CASE(a_batch_has_its_size_and_the_last_one_what_is_left) {
  std::vector<std::vector<int>> batches;
  const auto s = (from(numbers(7)) | batch(3) | stage([](const std::vector<int>& v) { return v; }) |
                  into([&](std::vector<int> v) {
                    batches.push_back(std::move(v));
                  })).run(on, ctx);
  BOOST_TEST((batches == std::vector<std::vector<int>>{{0, 1, 2}, {3, 4, 5}, {6}}));
  BOOST_TEST(s.delivered == 3u);
  BOOST_CHECK_THROW((void)batch(0), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(without_a_stage_the_source_goes_into_the_sink) {
  int sum = 0;
  const std::vector<int> some{1, 2, 3};
  const auto s = (from(some) | into([&](int i) { sum += i; })).run(on, ctx);
  BOOST_TEST(sum == 6);
  BOOST_TEST(s.delivered == 3u);
  BOOST_TEST(s.stages.empty());
}

BOOST_AUTO_TEST_CASE(items_may_be_movable_only) {
  std::vector<std::unique_ptr<int>> some;
  for (int i = 0; i < 5; ++i)
    some.push_back(std::make_unique<int>(i));
  int sum = 0;
  const auto s =
      (from(std::move(some)) | stage([](std::unique_ptr<int> p) { return p; }) |
       filter([](const std::unique_ptr<int>& p) { return *p > 1; }) | into([&](std::unique_ptr<int> p) {
         sum += *p;
       })).run(on, ctx);
  BOOST_TEST(s.clean());
  BOOST_TEST(sum == 9);
}

BOOST_AUTO_TEST_CASE(the_first_failure_ends_the_run_and_is_its_error) {
  const auto s = (from(numbers(1'000'000)) |
                  stage(
                      [](int i) -> caf::expected<int> {
                        if (i == 7)
                          return make_error(ec::failed, "seven");
                        return i;
                      },
                      {.name = "first", .parallelism = 2}) |
                  stage(square, {.name = "second"}) | into([](int) {
                  })).run(on, ctx);
  BOOST_TEST(!s.clean());
  BOOST_TEST(text_of(s.error()) == "seven");
  BOOST_TEST(s.failed == 1u);
  BOOST_REQUIRE(s.failures.size() == 1u);
  BOOST_TEST(s.failures[0].index == 7u);
  BOOST_TEST(s.failures[0].stage == "first");
  BOOST_TEST(s.read < 1'000'000u);
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST(s.ended_by->who == "halt");
  BOOST_TEST(balanced(s));
  BOOST_TEST(!ctx.canceled());
}

BOOST_AUTO_TEST_CASE(failures_that_are_collected_tell_the_item_of_the_source) {
  std::vector<int> seen;
  const auto s = (from(numbers(20)) | filter([](int i) { return i >= 10; }) |
                  stage(
                      [](int i) {
                        if (i % 5 == 0)
                          throw std::runtime_error{"no " + std::to_string(i)};
                        return i;
                      },
                      {.name = "fives", .parallelism = 2}) |
                  into([&](int i) -> caf::error {
                    seen.push_back(i);
                    return i == 19 ? make_error(ec::io, "the disk is full") : caf::error{};
                  })).run(on, ctx, {.on_error = policy::collect});
  BOOST_TEST((seen == std::vector<int>{11, 12, 13, 14, 16, 17, 18, 19}));
  BOOST_TEST(s.delivered == 7u);
  BOOST_TEST(s.failed == 3u);
  BOOST_TEST(!s.ended_by.has_value());
  std::set<std::string> told;
  for (const auto& f : s.failures)
    told.insert(std::to_string(f.index) + ' ' + f.stage + ' ' + text_of(f.why));
  BOOST_TEST((told == std::set<std::string>{"10 fives no 10", "15 fives no 15", "19  the disk is full"}));
}

BOOST_AUTO_TEST_CASE(after_a_rule_that_says_soon_nothing_starts_and_what_runs_completes) {
  std::atomic<int> started{0};
  const auto s = (from(numbers(1'000'000)) |
                  stage(
                      [&](int i) {
                        ++started;
                        if (i < 3)
                          throw std::runtime_error{"early"};
                        return i;
                      },
                      {.name = "first", .parallelism = 1, .capacity = 64}) |
                  into([](int) {
                  })).run(on, ctx, {.on_error = *policy::halt_rule::parse("soon,fail=3")});
  BOOST_TEST(s.failed == 3u);
  BOOST_TEST(started == 3);
  BOOST_TEST(s.ended_by.has_value());
  BOOST_TEST(balanced(s));
}

BOOST_AUTO_TEST_CASE(a_slow_sink_holds_up_the_source) {
  std::atomic<std::uint64_t> read{0};
  std::uint64_t delivered = 0;
  std::uint64_t ahead = 0;
  const auto counted = numbers(20'000) | std::views::transform([&](int i) {
                         ++read;
                         return i;
                       });
  const auto s = (from(counted) | stage(square, {.name = "a", .parallelism = 2, .capacity = 16}) |
                  stage(square, {.name = "b", .parallelism = 2, .capacity = 8}) | into([&](std::int64_t) {
                    // Now and then: each may cost a turn of all that runs on a busy machine.
                    if (delivered % 16 == 0)
                      std::this_thread::yield();
                    ahead = std::max(ahead, read - delivered);
                    ++delivered;
                  })).run(on, ctx);
  BOOST_TEST(s.clean());
  // One more is in the hands of the source, and one in those of each receiver.
  BOOST_TEST(ahead <= 16u + 8u + 3u);
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_it_with_its_cause) {
  const auto all = context::with_cancel(ctx);
  const auto s = (from(std::views::iota(0)) | stage(square, {.name = "a", .parallelism = 2, .capacity = 64}) |
                  into([&](std::int64_t) {
                    all.cancel("enough");
                  })).run(on, all);
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST(s.ended_by->why == "enough");
  BOOST_TEST(s.failed == 0u);
  BOOST_TEST(is(s.error(), ec::canceled));
  BOOST_TEST(balanced(s));
}

BOOST_AUTO_TEST_CASE(a_stage_tries_again_as_its_options_say) {
  std::atomic<int> tries{0};
  int sum = 0;
  const auto s =
      (from(numbers(3)) |
       stage(
           [&](int i) {
             if (i == 1 && ++tries < 3)
               throw std::runtime_error{"not yet"};
             return i;
           },
           {.name = "a", .parallelism = 1, .retry = {.attempts = 3, .backoff = duration::zero()}}) |
       into([&](int i) {
         sum += i;
       })).run(on, ctx);
  BOOST_TEST(s.clean());
  BOOST_TEST(sum == 3);
  BOOST_TEST(s.stages[0].retries == 2u);
}

BOOST_AUTO_TEST_CASE(what_the_source_throws_is_thrown_on_when_all_is_at_rest) {
  std::atomic<int> running{0};
  const auto breaks = numbers(100) | std::views::transform([](int i) {
                        if (i == 50)
                          throw std::runtime_error{"broken source"};
                        return i;
                      });
  auto line = from(breaks) | stage([&](int i) {
                ++running;
                --running;
                return i;
              }) |
              into([](std::int64_t) {});
  BOOST_CHECK_EXCEPTION((void)line.run(on, ctx), std::runtime_error,
                        [](const auto& e) { return std::string{e.what()} == "broken source"; });
  BOOST_TEST(running == 0);
}

BOOST_AUTO_TEST_CASE(options_that_make_no_sense_start_nothing) {
  auto called = false;
  auto line = from(numbers(3)) |
              stage(
                  [&](int i) {
                    called = true;
                    return i;
                  },
                  {.name = "wide", .parallelism = 4, .capacity = 2}) |
              into([](std::int64_t) {});
  BOOST_CHECK_THROW((void)line.run(on, ctx), std::invalid_argument);
  BOOST_CHECK_THROW((void)line.run(on, ctx, {.shutdown_budget = -duration{1}}), std::invalid_argument);
  BOOST_TEST(!called);
}

BOOST_AUTO_TEST_SUITE_END()
