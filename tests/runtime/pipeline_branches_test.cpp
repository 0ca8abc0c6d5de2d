#include <weir/runtime/pipeline.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <thread>

#include "../support/kept_clock.hpp"
#include "embedding_support.hpp"

using namespace weir;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

auto numbers(int n) {
  return std::views::iota(0, n);
}

int same(int i) {
  return i;
}

std::vector<int> all_up_to(int n) {
  std::vector<int> v(static_cast<std::size_t>(n));
  std::iota(v.begin(), v.end(), 0);
  return v;
}

bool balanced(const pipeline_summary& s) {
  return std::ranges::all_of(s.stages, [](const auto& stage) { return stage.books.balanced(); });
}

/// Counts copies of it.
struct watched {
  explicit watched(int n, std::atomic<int>& c) : number(n), copies(&c) {}
  watched(const watched& other) : number(other.number), copies(other.copies) { ++*copies; }
  watched(watched&&) noexcept = default;
  watched& operator=(const watched&) = delete;

  int number;
  std::atomic<int>* copies;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(broadcasts, with_engine)

BOOST_AUTO_TEST_CASE(each_branch_gets_each_item_in_order) {
  std::vector<int> squares;
  std::vector<std::string> texts;
  std::vector<int> plain;
  const auto s = (from(numbers(2000)) | stage(same, {.name = "first", .parallelism = 2, .capacity = 16}) |
                  broadcast(stage([](int i) { return i * i; }, {.name = "square", .capacity = 8}) |
                                into([&](int i) { squares.push_back(i); }),
                            filter([](int i) { return i % 2 == 0; }, {.name = "even", .parallelism = 1}) |
                                stage([](int i) { return std::to_string(i); }, {.name = "text"}) |
                                into([&](std::string t) { texts.push_back(std::move(t)); }),
                            into([&](int i) { plain.push_back(i); })))
                     .run(on, ctx);
  BOOST_TEST(s.clean());
  BOOST_TEST(s.read == 2000u);
  BOOST_TEST(s.delivered == 2000u + 1000u + 2000u);
  BOOST_TEST((plain == all_up_to(2000)));
  BOOST_REQUIRE(squares.size() == 2000u);
  BOOST_REQUIRE(texts.size() == 1000u);
  for (std::size_t i = 0; i < 1000; ++i) {
    BOOST_TEST_REQUIRE(squares[i] == static_cast<int>(i * i));
    BOOST_TEST_REQUIRE(texts[i] == std::to_string(2 * i));
  }
  std::vector<std::string> names;
  for (const auto& stage : s.stages)
    names.push_back(stage.name);
  BOOST_TEST((names == std::vector<std::string>{"first", "square", "even", "text"}));
  BOOST_TEST(balanced(s));
}

BOOST_AUTO_TEST_CASE(the_last_branch_gets_the_item_itself_and_the_others_a_copy) {
  std::atomic<int> copies{0};
  std::vector<watched> some;
  some.reserve(10);
  for (int i = 0; i < 10; ++i)
    some.emplace_back(i, copies);
  const auto s = (from(std::move(some)) | broadcast(into([](const watched&) {}), into([](const watched&) {}),
                                                    into([](const watched&) {})))
                     .run(on, ctx);
  BOOST_TEST(s.delivered == 30u);
  BOOST_TEST(copies == 20);
}

BOOST_AUTO_TEST_CASE(a_slow_branch_holds_up_the_rest) {
  gate shut;
  std::atomic<std::uint64_t> read{0};
  std::uint64_t slow = 0;
  std::atomic<std::uint64_t> slow_done{0};
  std::uint64_t ahead = 0;
  const auto counted = numbers(5000) | std::views::transform([&](int i) {
                         ++read;
                         return i;
                       });
  const auto s =
      (from(counted) |
       broadcast(stage(same, {.name = "slow", .parallelism = 1, .capacity = 4}) | into([&](int) {
                   std::this_thread::yield();
                   ahead = std::max(ahead, read - slow);
                   slow_done = ++slow;
                 }),
                 stage(same, {.name = "fast", .parallelism = 1, .capacity = 64}) | into([](int) {})))
          .run(on, ctx);
  BOOST_TEST(s.clean());
  BOOST_TEST(slow_done == 5000u);
  // One more is in the hands of the source.
  BOOST_TEST(ahead <= 4u + 2u);
}

BOOST_AUTO_TEST_CASE(a_failure_in_one_branch_ends_the_run_of_all) {
  const auto s =
      (from(std::views::iota(0)) | broadcast(stage(same, {.name = "good", .capacity = 8}) | into([](int) {}),
                                             stage(
                                                 [](int i) {
                                                   if (i == 7)
                                                     throw std::runtime_error{"seven"};
                                                   return i;
                                                 },
                                                 {.name = "bad", .capacity = 8}) |
                                                 into([](int) {})))
          .run(on, ctx);
  BOOST_TEST(text_of(s.error()) == "seven");
  BOOST_REQUIRE(!s.failures.empty());
  BOOST_TEST(s.failures[0].stage == "bad");
  BOOST_TEST(s.failures[0].index == 7u);
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST(s.ended_by->who == "halt");
  BOOST_TEST(balanced(s));
}

BOOST_AUTO_TEST_CASE(branches_may_end_in_branches) {
  std::array<std::vector<int>, 3> seen;
  const auto take = [&](std::size_t n) { return into([&, n](int i) { seen[n].push_back(i); }); };
  const auto s =
      (from(numbers(100)) | broadcast(take(0), stage(same, {.name = "again"}) | broadcast(take(1), take(2))))
          .run(on, ctx);
  BOOST_TEST(s.delivered == 300u);
  for (const auto& v : seen)
    BOOST_TEST((v == all_up_to(100)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(balanced_branches, with_engine)

BOOST_AUTO_TEST_CASE(each_item_goes_to_exactly_one_branch_and_keeps_its_order_there) {
  std::array<std::vector<int>, 3> seen;
  const auto branch = [&](std::size_t n) {
    return stage(same, {.name = "branch " + std::to_string(n), .parallelism = 2, .capacity = 8}) |
           into([&, n](int i) { seen[n].push_back(i); });
  };
  const auto s = (from(numbers(3000)) | stage(same, {.name = "first", .capacity = 16}) |
                  balance(branch(0), branch(1), branch(2)))
                     .run(on, ctx);
  BOOST_TEST(s.clean());
  BOOST_TEST(s.delivered == 3000u);
  std::vector<int> together;
  for (const auto& v : seen) {
    BOOST_TEST(std::ranges::is_sorted(v));
    together.insert(together.end(), v.begin(), v.end());
  }
  std::ranges::sort(together);
  BOOST_TEST((together == all_up_to(3000)));
  BOOST_REQUIRE(s.stages.size() == 4u);
  BOOST_TEST(s.stages[1].name == "branch 0");
  BOOST_TEST(s.stages[3].name == "branch 2");
  // That a branch had no room when it was asked is no refusal.
  for (const auto& stage : s.stages)
    BOOST_TEST(stage.books.rejected == 0u);
  BOOST_TEST(balanced(s));
}

BOOST_AUTO_TEST_CASE(a_branch_that_is_full_is_passed_over_while_another_has_room) {
  gate shut;
  std::vector<int> stuck;
  std::vector<int> free;
  const auto s = (from(numbers(100)) |
                  balance(stage(
                              [&](int i) {
                                shut.wait();
                                return i;
                              },
                              {.name = "stuck", .parallelism = 1, .capacity = 2}) |
                              into([&](int i) { stuck.push_back(i); }),
                          stage(same, {.name = "free", .parallelism = 1, .capacity = 2}) | into([&](int i) {
                            free.push_back(i);
                            // All but the two that are stuck.
                            if (free.size() == 98)
                              shut.open();
                          })))
                     .run(on, ctx);
  BOOST_TEST(s.clean());
  BOOST_TEST(stuck.size() == 2u);
  BOOST_TEST(free.size() == 98u);
}

BOOST_AUTO_TEST_CASE(a_branch_has_no_room_before_its_sink_has_returned) {
  gate shut;
  int stuck = 0;
  int free = 0;
  const auto s = (from(numbers(100)) |
                  balance(stage(same, {.name = "stuck", .parallelism = 1, .capacity = 1}) | into([&](int) {
                            shut.wait();
                            ++stuck;
                          }),
                          stage(same, {.name = "free", .parallelism = 1, .capacity = 1}) | into([&](int) {
                            if (++free == 99)
                              shut.open();
                          })))
                     .run(on, ctx);
  BOOST_TEST(s.clean());
  BOOST_TEST(stuck == 1);
  BOOST_TEST(free == 99);
}

BOOST_AUTO_TEST_CASE(what_copying_an_item_throws_ends_the_run_though_others_wait_for_room) {
  struct uncopyable_five {
    int number = 0;
    explicit uncopyable_five(int i) : number(i) {}
    uncopyable_five(uncopyable_five&&) noexcept = default;
    uncopyable_five(const uncopyable_five& other) : number(other.number) {
      if (number == 5)
        throw std::runtime_error{"five can't be copied"};
    }
  };
  const auto s =
      (from(std::views::iota(0)) |
       balance(stage([](int i) { return uncopyable_five{i}; },
                     {.name = "made", .parallelism = 1, .capacity = 1}) |
               broadcast(into([](const uncopyable_five&) {}), into([](const uncopyable_five&) {}))))
          .run(on, ctx);
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST(s.ended_by->who == "made");
  BOOST_TEST(s.ended_by->why == "five can't be copied");
  BOOST_TEST(balanced(s));
}

BOOST_AUTO_TEST_CASE(while_all_branches_are_full_the_source_waits) {
  std::atomic<std::uint64_t> read{0};
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> ahead{0};
  const auto counted = numbers(2000) | std::views::transform([&](int i) {
                         ++read;
                         return i;
                       });
  const auto branch = [&] {
    return stage(same, {.parallelism = 1, .capacity = 2}) | into([&](int) {
             std::this_thread::yield();
             const auto now = read - done;
             for (auto most = ahead.load(); most < now && !ahead.compare_exchange_weak(most, now);) {
             }
             ++done;
           });
  };
  const auto s = (from(counted) | balance(branch(), branch())).run(on, ctx);
  BOOST_TEST(s.clean());
  // One more is in the hands of the source, and each sink may have counted one that it has not left.
  BOOST_TEST(ahead <= 2u + 2u + 1u + 2u);
}

BOOST_AUTO_TEST_CASE(a_cancel_reaches_who_waits_for_room_in_any_branch) {
  const auto all = context::with_cancel(ctx);
  gate full;
  const auto branch = [&] {
    return stage(
               [&](const context& inner, int i) -> caf::expected<int> {
                 full.wait();
                 // It ends only because of the cancel.
                 (void)inner.wait_for(hopeless);
                 if (inner.canceled())
                   return inner.error();
                 return i;
               },
               {.parallelism = 1, .capacity = 1}) |
           into([](int) {});
  };
  const auto counted = std::views::iota(0) | std::views::transform([&](int i) {
                         // Both branches are full with the first two.
                         if (i == 2) {
                           full.open();
                           all.cancel("enough");
                         }
                         return i;
                       });
  const auto s = (from(counted) | balance(branch(), branch())).run(on, all);
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST(s.ended_by->why == "enough");
  BOOST_TEST(s.delivered == 0u);
  BOOST_TEST(balanced(s));
}

BOOST_AUTO_TEST_CASE(the_first_failure_ends_a_run_whose_source_waits_for_room) {
  gate both;
  const auto branch = [&](bool breaks) {
    return stage(
               [&, breaks](const context& inner, int i) -> caf::expected<int> {
                 both.wait();
                 if (breaks)
                   return make_error(ec::failed, "broken");
                 (void)inner.wait_for(hopeless);
                 return i;
               },
               {.name = breaks ? "breaks" : "waits", .parallelism = 1, .capacity = 1}) |
           into([](int) {});
  };
  std::jthread opens{[&] {
    both.wait_for_arrivals(2);
    both.open();
  }};
  const auto s = (from(std::views::iota(0)) | balance(branch(true), branch(false))).run(on, ctx);
  BOOST_TEST(text_of(s.error()) == "broken");
  BOOST_TEST(balanced(s));
}

BOOST_AUTO_TEST_CASE(a_branch_whose_late_job_keeps_its_slot_is_passed_over) {
  auto& time = test::kept_clock();
  const auto hold = std::make_shared<gate>();
  std::atomic<int> free{0};
  const auto given = std::views::iota(0, 5) | std::views::transform([&](int i) {
                       // The first item has its outcome by now, and goes on.
                       if (i == 1) {
                         hold->wait_for_arrivals(1);
                         time.advance(1s);
                       }
                       return i;
                     });
  const auto s =
      (from(given) | balance(stage(
                                 [hold](int i) {
                                   hold->wait();
                                   return i;
                                 },
                                 {.name = "late", .parallelism = 1, .timeouts = {.run = 1s, .grace = 1h}}) |
                                 into([](int) {}),
                             stage(same, {.name = "free", .parallelism = 1}) | into([&](int) {
                               if (++free == 4)
                                 hold->open();
                             })))
          .run(on, context::background(time), {.on_error = policy::collect});
  BOOST_TEST(free == 4);
  BOOST_TEST(s.stages[0].books.failed == 1u);
  BOOST_TEST(balanced(s));
}

BOOST_AUTO_TEST_CASE(items_that_can_only_be_moved_can_be_balanced) {
  std::vector<std::unique_ptr<int>> some;
  for (int i = 0; i < 10; ++i)
    some.push_back(std::make_unique<int>(i));
  std::atomic<int> sum{0};
  const auto branch = [&] {
    return stage([](std::unique_ptr<int> p) { return p; }) | into([&](std::unique_ptr<int> p) { sum += *p; });
  };
  const auto s = (from(std::move(some)) | balance(branch(), branch())).run(on, ctx);
  BOOST_TEST(s.delivered == 10u);
  BOOST_TEST(sum == 45);
}

BOOST_AUTO_TEST_SUITE_END()
