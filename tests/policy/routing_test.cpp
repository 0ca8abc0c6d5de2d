#include <weir/actors/policy/routing.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

#include "random.hpp"

using namespace weir::policy;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(routing)

BOOST_AUTO_TEST_CASE(nothing_is_taken_from_nobody) {
  BOOST_TEST(!choose_takeover({}, 1ms).has_value());
}

BOOST_AUTO_TEST_CASE(the_upper_half_is_taken_from_who_has_most_left) {
  // Of worker 4 the job 10 runs and 11 to 20 wait: 16 to 20 go.
  const std::vector<holding> busy{{2, 0, 5, 0ns}, {4, 10, 21, 0ns}, {6, 3, 4, 0ns}};
  const auto t = choose_takeover(busy, 1ms);
  BOOST_REQUIRE(t.has_value());
  BOOST_TEST(t->worker == 4u);
  BOOST_TEST(t->at == 16u);
}

BOOST_AUTO_TEST_CASE(of_two_jobs_behind_a_running_one_each_side_gets_one) {
  const std::vector<holding> busy{{0, 7, 10, 0ns}};
  BOOST_TEST(choose_takeover(busy, 1ms)->at == 9u);
}

BOOST_AUTO_TEST_CASE(a_single_job_that_waits_is_taken) {
  const std::vector<holding> busy{{0, 7, 9, 0ns}};
  BOOST_TEST(choose_takeover(busy, 1ms)->at == 8u);
}

BOOST_AUTO_TEST_CASE(a_job_that_runs_is_never_taken) {
  const std::vector<holding> busy{{0, 7, 8, 1s}, {1, 8, 8, 1s}, {2, 9, 8, 1s}};
  BOOST_TEST(!choose_takeover(busy, 1ms).has_value());
}

BOOST_AUTO_TEST_CASE(work_that_is_soon_done_stays_where_it_is) {
  const std::vector<holding> busy{{0, 0, 11, 0ns}};
  BOOST_TEST(!choose_takeover(busy, 1'999ns).has_value());
  BOOST_TEST(choose_takeover(busy, 2us).has_value());
}

BOOST_AUTO_TEST_CASE(what_lies_behind_a_stuck_job_is_taken_at_any_size) {
  BOOST_TEST(!choose_takeover(std::vector<holding>{{0, 0, 2, 19'999ns}}, 1ns).has_value());
  BOOST_TEST(choose_takeover(std::vector<holding>{{0, 0, 2, 20us}}, 1ns).has_value());
}

BOOST_AUTO_TEST_CASE(at_random_both_sides_keep_what_is_theirs) {
  weir::test::seeded random;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<holding> busy;
    const auto n = random.below(6);
    std::uint64_t most = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
      const auto running = random.below(50);
      const auto last = random.below(60);
      busy.push_back({i, running, last, std::chrono::nanoseconds{random.below(40'000)}});
      most = std::max(most, last - std::min(last, running + 1));
    }
    const auto t = choose_takeover(busy, 1ms);
    BOOST_REQUIRE_EQUAL(t.has_value(), most > 0);
    if (!t)
      continue;
    const auto& from = busy[t->worker];
    BOOST_REQUIRE_EQUAL(from.last - from.running - 1, most);
    BOOST_REQUIRE_GT(t->at, from.running);
    BOOST_REQUIRE_LT(t->at, from.last);
    // The halves differ by one job at most.
    const auto taken = from.last - t->at;
    BOOST_REQUIRE_LE(taken - most / 2, 1u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
