#include <weir/runtime/pressure_gauge.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace weir;

BOOST_AUTO_TEST_SUITE(pressure_gauges)

BOOST_AUTO_TEST_CASE(the_call_after_the_last_permit_is_refused_at_once_and_one_after_a_return_is_not) {
  pressure_gauge gauge{2};
  std::latch inside{2};
  std::latch go{1};
  std::vector<std::jthread> callers;
  for (int i = 0; i < 2; ++i)
    callers.emplace_back([&] {
      (void)gauge.run([&] {
        inside.count_down();
        go.wait();
      });
    });
  inside.wait();
  auto called = false;
  const auto refused = gauge.run([&] { called = true; });
  BOOST_REQUIRE(!refused);
  BOOST_TEST(is(refused.error(), ec::overloaded));
  BOOST_TEST(!called);
  BOOST_TEST(gauge.look().running == 2u);
  go.count_down();
  callers.clear();
  BOOST_TEST(static_cast<bool>(gauge.run([&] { called = true; })));
  BOOST_TEST(called);
  const auto s = gauge.look();
  BOOST_TEST(s.running == 0u);
  BOOST_TEST(s.admitted == 3u);
  BOOST_TEST(s.rejected == 1u);
}

BOOST_AUTO_TEST_CASE(a_call_may_return_a_value_an_expected_or_throw) {
  pressure_gauge gauge{1};
  BOOST_TEST(*gauge.run([] { return std::string{"value"}; }) == "value");
  BOOST_TEST(*gauge.run([]() -> caf::expected<int> { return 7; }) == 7);
  const auto failed = gauge.run([]() -> caf::expected<int> { return make_error(ec::failed, "no"); });
  BOOST_TEST(text_of(failed.error()) == "no");
  const auto thrown = gauge.run([] { throw std::runtime_error{"thrown"}; });
  BOOST_TEST(is(thrown.error(), ec::exception));
  BOOST_TEST(gauge.look().running == 0u);
}

BOOST_AUTO_TEST_CASE(a_permit_is_given_back_once_however_it_was_moved) {
  pressure_gauge gauge{2};
  {
    auto a = gauge.try_enter();
    auto b = gauge.try_enter();
    BOOST_TEST(!gauge.try_enter().has_value());
    auto c = std::move(*a);
    BOOST_TEST(gauge.look().running == 2u);
    c = std::move(*b);
    BOOST_TEST(gauge.look().running == 2u);
  }
  BOOST_TEST(gauge.look().running == 0u);
}

BOOST_AUTO_TEST_CASE(a_smaller_limit_interrupts_nobody_and_lets_nobody_in_until_enough_have_left) {
  pressure_gauge gauge{3};
  auto a = gauge.try_enter();
  auto b = gauge.try_enter();
  gauge.resize(1);
  BOOST_TEST(!gauge.try_enter().has_value());
  a.reset();
  BOOST_TEST(!gauge.try_enter().has_value());
  b.reset();
  BOOST_TEST(gauge.try_enter().has_value());
  gauge.resize(0);
  BOOST_TEST(!gauge.try_enter().has_value());
}

BOOST_AUTO_TEST_CASE(never_more_than_the_limit_run_and_each_offer_is_counted) {
  pressure_gauge gauge{3};
  std::atomic<int> running{0};
  std::atomic<int> peak{0};
  std::vector<std::jthread> callers;
  for (int t = 0; t < 8; ++t)
    callers.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i)
        (void)gauge.run([&] {
          const auto now = ++running;
          for (auto seen = peak.load(); seen < now && !peak.compare_exchange_weak(seen, now);) {
          }
          --running;
        });
    });
  callers.clear();
  BOOST_TEST(peak <= 3);
  const auto s = gauge.look();
  BOOST_TEST(s.admitted + s.rejected == 80'000u);
  BOOST_TEST(s.running == 0u);
}

BOOST_AUTO_TEST_CASE(a_gauge_without_a_limit_of_its_callers_finds_one_from_how_long_the_calls_take) {
  manual_clock time;
  pressure_gauge gauge{policy::adaptive_rule{.initial = 8}, time};
  // As many callers as are let in, all at once, for `each`.
  const auto round = [&](duration each) {
    std::vector<pressure_gauge::permit> inside;
    while (auto p = gauge.try_enter())
      inside.push_back(std::move(*p));
    time.advance(each);
  };
  BOOST_TEST(gauge.look().limit == 8u);
  for (int i = 0; i < 20; ++i)
    round(std::chrono::milliseconds{10});
  const auto grown = gauge.look().limit;
  BOOST_TEST(grown > 12u);
  for (int i = 0; i < 4; ++i)
    round(std::chrono::milliseconds{100});
  BOOST_TEST(gauge.look().limit <= grown / 2);
}

BOOST_AUTO_TEST_CASE(a_rule_that_makes_no_sense_is_refused) {
  using rule = policy::adaptive_rule;
  BOOST_CHECK_THROW(pressure_gauge(rule{.min = 0}), std::invalid_argument);
  BOOST_CHECK_THROW(pressure_gauge(rule{.min = 3, .max = 2}), std::invalid_argument);
  BOOST_CHECK_THROW(pressure_gauge(rule{.max = rule::limit_max + 1}), std::invalid_argument);
  pressure_gauge adaptive{rule{}};
  adaptive.resize(0);
  BOOST_TEST(adaptive.try_enter().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
