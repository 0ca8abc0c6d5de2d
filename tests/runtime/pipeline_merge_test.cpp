#include <weir/runtime/pipeline.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>

#include "embedding_support.hpp"

using namespace weir;
using namespace weir::testing;

namespace {

/// `first` to `last`, without `last`.
auto numbers(int first, int last) {
  return std::views::iota(first, last);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(merged_sources, with_engine)

BOOST_AUTO_TEST_CASE(every_item_of_every_range_comes_once_and_those_of_one_range_in_its_order) {
  std::vector<int> seen;
  const auto s = (merge(numbers(0, 1000), numbers(1000, 2000), numbers(2000, 3000)) |
                  stage([](int i) { return i; }, {.parallelism = 2, .capacity = 8}) | into([&](int i) {
                    seen.push_back(i);
                  })).run(on, ctx);
  BOOST_TEST(s.clean());
  BOOST_TEST(s.read == 3000u);
  BOOST_TEST(s.delivered == 3000u);
  BOOST_TEST(std::set<int>(seen.begin(), seen.end()).size() == 3000u);
  for (const auto first : {0, 1000, 2000}) {
    std::vector<int> of_one;
    std::ranges::copy_if(seen, std::back_inserter(of_one), [&](int i) { return i / 1000 * 1000 == first; });
    BOOST_TEST(std::ranges::is_sorted(of_one));
  }
}

BOOST_AUTO_TEST_CASE(a_range_that_waits_holds_up_no_other) {
  // Each one's second item comes only when all have given their first.
  meeting all{3};
  const auto meets = [&](int first) {
    return numbers(first, first + 2) | std::views::transform([&](int i) {
             if (i % 2 == 1)
               all.arrive_and_wait();
             return i;
           });
  };
  std::set<int> seen;
  const auto s = (merge(meets(0), meets(2), meets(4)) | into([&](int i) { seen.insert(i); })).run(on, ctx);
  BOOST_TEST(s.clean());
  BOOST_TEST(seen.size() == 6u);
}

BOOST_AUTO_TEST_CASE(the_sink_is_called_by_one_reader_at_a_time_where_there_is_no_stage) {
  head_count inside;
  const auto s = (merge(numbers(0, 2000), numbers(0, 2000)) | into([&](int) {
                    inside.enter();
                    inside.leave();
                  })).run(on, ctx);
  BOOST_TEST(s.delivered == 4000u);
  BOOST_TEST(inside.peak() == 1u);
}

BOOST_AUTO_TEST_CASE(an_index_is_the_place_in_the_order_of_admission) {
  std::vector<int> seen;
  const auto s = (merge(numbers(0, 500), numbers(0, 500)) |
                  stage(
                      [&](int i) {
                        seen.push_back(i);
                        if (i % 100 == 7)
                          throw std::runtime_error{std::to_string(i)};
                        return i;
                      },
                      {.name = "one", .parallelism = 1}) |
                  into([](int) {
                  })).run(on, ctx, {.on_error = policy::collect});
  BOOST_TEST(s.failed == 10u);
  for (const auto& f : s.failures)
    BOOST_TEST(std::to_string(seen.at(f.index)) == text_of(f.why));
}

BOOST_AUTO_TEST_CASE(nothing_is_buffered_but_in_the_first_stage_and_in_the_hands_of_the_readers) {
  gate shut;
  std::atomic<std::uint64_t> made{0};
  const auto counted = [&] {
    return numbers(0, 100) | std::views::transform([&](int i) {
             // Whoever is at its second item has handed over the first: four are in the stage.
             if (++made == 4 + 3)
               shut.open();
             return i;
           });
  };
  std::atomic<std::uint64_t> ahead{0};
  const auto s = (merge(counted(), counted(), counted()) |
                  stage(
                      [&, first = true](int i) mutable {
                        if (std::exchange(first, false)) {
                          shut.wait();
                          ahead = made.load();
                        }
                        return i;
                      },
                      {.parallelism = 1, .capacity = 4}) |
                  into([](int) {
                  })).run(on, ctx);
  BOOST_TEST(s.clean());
  BOOST_TEST(ahead == 4u + 3u);
}

BOOST_AUTO_TEST_CASE(a_range_that_throws_ends_the_run_and_the_others_and_is_thrown_on) {
  const auto breaks = numbers(0, 10) | std::views::transform([](int i) {
                        if (i == 5)
                          throw std::runtime_error{"broken source"};
                        return i;
                      });
  std::atomic<bool> over{false};
  // The others never end by themselves.
  auto line = merge(std::views::iota(0), breaks, std::views::iota(0)) |
              stage([](int i) { return i; }, {.parallelism = 1, .capacity = 2}) |
              into([&](int) { BOOST_TEST(!over); });
  BOOST_CHECK_EXCEPTION((void)line.run(on, ctx), std::runtime_error,
                        [](const auto& e) { return std::string{e.what()} == "broken source"; });
  over = true;
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_all_readers) {
  const auto all = context::with_cancel(ctx);
  const auto s = (merge(std::views::iota(0), std::views::iota(0)) |
                  stage([](int i) { return i; }, {.parallelism = 1, .capacity = 2}) | into([&](int i) {
                    if (i == 10)
                      all.cancel("enough");
                  })).run(on, all);
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST(s.ended_by->why == "enough");
}

BOOST_AUTO_TEST_CASE(a_range_of_ranges_is_read_like_several_and_gives_its_items_away_only_if_it_owns_them) {
  const std::vector<std::vector<std::string>> some{{"a", "b"}, {}, {"c"}};
  std::multiset<std::string> seen;
  const auto take = into([&](std::string s) { seen.insert(std::move(s)); });
  BOOST_TEST((merge(some) | take).run(on, ctx).delivered == 3u);
  BOOST_TEST(some[0][0] == "a");
  std::vector<std::vector<std::unique_ptr<int>>> owned(3);
  for (auto& o : owned)
    o.push_back(std::make_unique<int>(1));
  int sum = 0;
  const auto s = (merge(std::move(owned)) | into([&](std::unique_ptr<int> p) { sum += *p; })).run(on, ctx);
  BOOST_TEST(s.delivered == 3u);
  BOOST_TEST(sum == 3);
  BOOST_TEST((merge(std::vector<std::vector<int>>{}) | into([](int) {})).run(on, ctx).read == 0u);
  BOOST_TEST((seen == std::multiset<std::string>{"a", "b", "c"}));
}

BOOST_AUTO_TEST_CASE(ranges_of_several_types_become_their_common_type) {
  std::multiset<std::string> seen;
  const std::vector<std::string> texts{"a"};
  const std::vector<const char*> literals{"b"};
  const auto s =
      (merge(texts, literals) | into([&](const std::string& text) { seen.insert(text); })).run(on, ctx);
  BOOST_TEST(s.clean());
  BOOST_TEST((seen == std::multiset<std::string>{"a", "b"}));
}

BOOST_AUTO_TEST_SUITE_END()
