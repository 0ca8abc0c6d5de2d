#include <weir/actors/policy/duration_histogram.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "random.hpp"

using namespace weir;
using namespace std::chrono_literals;
using policy::duration_histogram;
using duration = duration_histogram::duration;

namespace {

/// The smallest of the values that a share `q` of them do not exceed.
duration exact(const std::vector<duration>& sorted, double q) {
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

duration_histogram of(const std::vector<duration>& all) {
  duration_histogram h;
  for (const auto d : all)
    h.add(d);
  return h;
}

/// Whether `got` is `right`, or above it by no more than what a bucket is wide.
bool close_above(duration got, duration right) {
  return got >= right && got - right <= right / static_cast<std::int64_t>(duration_histogram::steps);
}

/// Of every magnitude alike: its number of bits is drawn first.
duration any_duration(test::seeded& random) {
  const auto bits = random.between(0, 63);
  return duration{static_cast<std::int64_t>(random.below(std::uint64_t{1} << bits))};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(duration_histograms)

BOOST_AUTO_TEST_CASE(a_quantile_is_at_most_a_64th_above_the_exact_one) {
  test::seeded random;
  for (int round = 0; round < 200; ++round) {
    std::vector<duration> all(random.between(1, 2'000));
    std::generate(all.begin(), all.end(), [&] { return any_duration(random); });
    const auto h = of(all);
    std::sort(all.begin(), all.end());
    BOOST_REQUIRE_EQUAL(h.count(), all.size());
    for (const auto q : {0.0, 0.001, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const auto got = h.quantile(q);
      const auto right = exact(all, q);
      BOOST_REQUIRE_MESSAGE(close_above(got, right), "quantile " << q << " of " << all.size() << " is "
                                                                 << got.count() << " ns, exact is "
                                                                 << right.count() << " ns");
    }
  }
}

BOOST_AUTO_TEST_CASE(the_bound_holds_at_both_sides_of_every_doubling) {
  for (int bit = 0; bit < 63; ++bit) {
    const auto edge = std::int64_t{1} << bit;
    for (const auto value : {edge - 1, edge, edge + edge / 64, edge + (edge - 1)}) {
      duration_histogram h;
      h.add(duration{value});
      h.add(duration::max());
      BOOST_REQUIRE_MESSAGE(close_above(h.quantile(0.5), duration{value}),
                            value << " ns became " << h.quantile(0.5).count());
    }
  }
}

BOOST_AUTO_TEST_CASE(below_64_ns_every_value_is_exact) {
  duration_histogram h;
  for (int i = 0; i < 64; ++i)
    h.add(duration{i});
  for (int i = 0; i < 64; ++i)
    BOOST_TEST(h.quantile((i + 1) / 64.0).count() == i);
}

BOOST_AUTO_TEST_CASE(an_empty_one_has_zero_everywhere) {
  const duration_histogram h;
  BOOST_TEST(h.count() == 0u);
  for (const auto q : {0.0, 0.5, 1.0})
    BOOST_TEST(h.quantile(q).count() == 0);
}

BOOST_AUTO_TEST_CASE(a_single_duration_is_every_quantile_exactly) {
  const auto h = of({1'234'567ns});
  BOOST_TEST(h.count() == 1u);
  for (const auto q : {0.0, 0.5, 0.99, 1.0})
    BOOST_TEST(h.quantile(q).count() == 1'234'567);
}

BOOST_AUTO_TEST_CASE(the_extremes_have_their_place) {
  const auto h = of({0ns, duration::max()});
  BOOST_TEST(h.quantile(0.0).count() == 0);
  BOOST_TEST(h.quantile(0.5).count() == 0);
  BOOST_TEST(h.quantile(1.0).count() == duration::max().count());
}

BOOST_AUTO_TEST_CASE(a_duration_below_zero_counts_as_none) {
  const auto h = of({-5ns, duration::min(), 1s});
  BOOST_TEST(h.count() == 3u);
  BOOST_TEST(h.quantile(0.6).count() == 0);
  BOOST_TEST(h.quantile(1.0).count() == 1'000'000'000);
}

BOOST_AUTO_TEST_CASE(the_quantile_1_is_the_longest_exactly_and_0_the_shortest) {
  const auto h = of({1'000'003ns, 7ns, 999'999ns});
  BOOST_TEST(h.quantile(1.0).count() == 1'000'003);
  BOOST_TEST(h.quantile(0.0).count() == 7);
}

BOOST_AUTO_TEST_CASE(a_share_beyond_0_or_1_is_the_nearest_of_them) {
  const auto h = of({7ns, 9ns});
  BOOST_TEST(h.quantile(-1.0).count() == 7);
  BOOST_TEST(h.quantile(2.0).count() == 9);
}

BOOST_AUTO_TEST_SUITE_END()
