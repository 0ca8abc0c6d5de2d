/// Lanes without work sleep until they are woken. These tests wait on real time, as a lane that looks for
/// work each millisecond does everything else right.

#include <boost/test/unit_test.hpp>

#include "../support/quiet_time.hpp"
#include "crew.hpp"

using namespace weir;
using namespace weir::test;

namespace {

constexpr std::size_t lanes_n = 8;

/// A lane that looks each millisecond wakes up 100 times in the quiet time; one that ceases to look, ten
/// times at most.
constexpr std::uint64_t sleeps_max = 10 * lanes_n;

}  // namespace

BOOST_AUTO_TEST_SUITE(idle_lanes)

BOOST_AUTO_TEST_CASE(lanes_that_have_run_short_jobs_sleep_when_there_are_no_more) {
  const auto at = make_station({.capacity = 100'000});
  crew lanes{at, lanes_n};
  teach_short_jobs(*at);
  BOOST_REQUIRE(eventually([&] { return at->look().idle == lanes_n; }));
  const weir_test::quiet_time seen;
  BOOST_TEST(seen.sleeps <= sleeps_max);
  BOOST_TEST((seen.processor < weir_test::quiet_time::span / 5));
}

BOOST_AUTO_TEST_CASE(lanes_beside_a_long_job_look_for_others_behind_it_only_for_a_while) {
  const auto at = make_station({.capacity = 100'000});
  crew lanes{at, lanes_n};
  std::latch all_here{lanes_n};
  event release;
  // Each lane runs one of the jobs; then all but one look for more, and find a lane at work.
  offer_all(*at, std::make_shared<scripted_block>(0, lanes_n, [&](std::uint64_t i, lane&) {
    all_here.arrive_and_wait();
    if (i == 0)
      release.wait();
    return caf::error{};
  }));
  const auto settled = eventually([&] { return at->look().idle == lanes_n - 1; });
  const weir_test::quiet_time seen;
  release.set();
  BOOST_TEST(settled);
  BOOST_TEST(seen.sleeps <= sleeps_max);
  BOOST_TEST((seen.processor < weir_test::quiet_time::span / 5));
}

BOOST_AUTO_TEST_SUITE_END()
