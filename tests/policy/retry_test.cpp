#include <weir/actors/policy/retry.hpp>

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace weir::policy;
using namespace std::chrono_literals;

namespace {

std::vector<std::int64_t> waits_ms(const retry_rule& rule, unsigned failures) {
  retry r{rule, 1};
  std::vector<std::int64_t> all;
  for (unsigned failed = 1; failed <= failures; ++failed)
    if (const auto wait = r.next(failed, 0))
      all.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(*wait).count());
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(retries)

BOOST_AUTO_TEST_CASE(nothing_is_repeated_unless_it_is_asked_for) {
  BOOST_TEST(waits_ms({}, 3).empty());
  BOOST_TEST(!retry_rule{}.repeats());
}

BOOST_AUTO_TEST_CASE(without_jitter_the_waits_grow_exactly_up_to_their_bound) {
  const retry_rule rule{.attempts = 6, .backoff = 100ms, .growth = 3, .backoff_max = 2s, .jitter = 0};
  BOOST_TEST((waits_ms(rule, 8) == std::vector<std::int64_t>{100, 300, 900, 2000, 2000}));
}

BOOST_AUTO_TEST_CASE(waits_that_outgrow_every_number_stay_within_their_bound) {
  const retry_rule steep{.attempts = 1000, .backoff = 1ns, .growth = 1e300, .backoff_max = 2s, .jitter = 0};
  BOOST_TEST(waits_ms(steep, 999).back() == 2000);
  const retry_rule none{.attempts = 1000, .backoff = 0ns, .growth = 3, .jitter = 0};
  BOOST_TEST(waits_ms(none, 999) == std::vector<std::int64_t>(999, 0), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(jitter_draws_its_part_of_a_wait_and_no_more) {
  retry r{{.attempts = 2, .backoff = 1s, .jitter = 0.25}, 7};
  auto shortest = retry::duration::max();
  auto longest = retry::duration::zero();
  for (int i = 0; i < 10'000; ++i) {
    const auto wait = *r.next(1, 0);
    shortest = std::min(shortest, wait);
    longest = std::max(longest, wait);
  }
  BOOST_TEST((shortest >= 750ms && shortest < 751ms));
  BOOST_TEST((longest <= 1s && longest > 999ms));
}

BOOST_AUTO_TEST_CASE(an_equal_seed_draws_equal_waits) {
  const retry_rule rule{.attempts = 9, .seed = 42};
  BOOST_TEST((waits_ms(rule, 8) == waits_ms(rule, 8)));
  auto other = rule;
  other.seed = 43;
  BOOST_TEST((waits_ms(rule, 8) != waits_ms(other, 8)));
}

BOOST_AUTO_TEST_CASE(the_budget_bounds_the_retries_of_all_jobs_together) {
  retry r{{.attempts = 10, .budget = 0.2, .budget_free = 3}, 1};
  const auto allowed = [&](std::uint64_t ended) {
    int n = 0;
    while (r.next(1, ended))
      ++n;
    return n;
  };
  BOOST_TEST(allowed(0) == 3);
  BOOST_TEST(allowed(4) == 1);
  BOOST_TEST(allowed(100) == 19);
  BOOST_TEST(allowed(100) == 0);
  BOOST_TEST(r.given() == 23u);
}

BOOST_AUTO_TEST_SUITE_END()
