#include <weir/actors/policy/overflow.hpp>
#include <weir/actors/policy/rate_limit.hpp>

#include <boost/test/unit_test.hpp>

using namespace weir::policy;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(rates)

BOOST_AUTO_TEST_CASE(a_burst_passes_at_once_and_then_one_each_interval) {
  rate_limit r{{.per_second = 10, .burst = 3}};
  rate_limit::time_point now{};
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(r.allow(now));
  BOOST_TEST(!r.allow(now));
  now += 100ms - 1ns;
  BOOST_TEST(!r.allow(now));
  now += 1ns;
  BOOST_TEST(r.allow(now));
  BOOST_TEST(!r.allow(now));
}

BOOST_AUTO_TEST_CASE(an_interval_that_is_no_whole_number_of_nanoseconds_is_never_cut_short) {
  rate_limit r{{.per_second = 3, .burst = 1}};
  BOOST_TEST(r.allow({}));
  BOOST_TEST(!r.allow(rate_limit::time_point{333'333'333ns}));
  BOOST_TEST(r.allow(rate_limit::time_point{333'333'334ns}));
}

BOOST_AUTO_TEST_CASE(a_long_pause_saves_up_no_more_than_the_burst) {
  rate_limit r{{.per_second = 10, .burst = 3}};
  const rate_limit::time_point now{1h};
  auto passed = 0;
  while (r.allow(now))
    ++passed;
  BOOST_TEST(passed == 3);
}

BOOST_AUTO_TEST_CASE(over_a_long_time_the_rate_is_exact) {
  rate_limit r{{.per_second = 7, .burst = 1}};
  auto passed = 0;
  for (rate_limit::time_point now{}; now < rate_limit::time_point{1000s}; now += 1ms)
    passed += r.allow(now) ? 1 : 0;
  // Each waits for the next whole millisecond at most, which is not made up for.
  BOOST_TEST(passed <= 7'000);
  BOOST_TEST(passed >= 6'900);
}

BOOST_AUTO_TEST_CASE(who_reserves_gets_the_next_place_in_time_and_may_give_it_back) {
  rate_limit r{{.per_second = 10, .burst = 1}};
  const rate_limit::time_point now{5s};
  BOOST_TEST((r.reserve(now) == 0ms));
  BOOST_TEST((r.reserve(now) == 100ms));
  BOOST_TEST((r.reserve(now) == 200ms));
  r.give_back();
  BOOST_TEST((r.reserve(now) == 200ms));
  BOOST_TEST(!r.allow(now));
}

BOOST_AUTO_TEST_CASE(each_way_to_overflow_has_a_name) {
  for (const auto& [what, name] : overflow_names)
    BOOST_TEST((parse_overflow(name) == what));
  BOOST_TEST(!parse_overflow("spill").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
