#include <boost/test/unit_test.hpp>

#include <bench/harness/statistics.hpp>

using bench::median;
using bench::median_ratio;

BOOST_AUTO_TEST_SUITE(bench_statistics)

BOOST_AUTO_TEST_CASE(median_of_an_odd_number_is_the_one_in_the_middle) {
  BOOST_TEST(median({5}) == 5);
  BOOST_TEST(median({9, 1, 5}) == 5);
  BOOST_TEST(median({100, 1, 3, 2, 4}) == 3);
}

BOOST_AUTO_TEST_CASE(median_of_an_even_number_is_the_mean_of_the_two_in_the_middle) {
  BOOST_TEST(median({4, 2}) == 3);
  BOOST_TEST(median({100, 1, 3, 6}) == 4.5);
}

BOOST_AUTO_TEST_CASE(one_slow_round_does_not_move_the_median) {
  BOOST_TEST(median({2, 2, 2, 2, 2, 2, 1e9}) == 2);
}

BOOST_AUTO_TEST_CASE(ratio_is_taken_round_by_round) {
  // The machine was ten times slower in the second round: the ratio of the medians would be 4.
  BOOST_TEST(median_ratio({4, 40, 4}, {2, 20, 1}) == 2);
}

BOOST_AUTO_TEST_CASE(ratio_counts_only_rounds_that_both_have) {
  BOOST_TEST(median_ratio({6, 100, 100}, {2}) == 3);
}

BOOST_AUTO_TEST_CASE(summary_has_the_median_and_both_ends) {
  const auto s = bench::summarise({7, 3, 4});
  BOOST_TEST(s.median == 4);
  BOOST_TEST(s.lowest == 3);
  BOOST_TEST(s.highest == 7);
}

BOOST_AUTO_TEST_SUITE_END()
