#include <weir/actors/policy/balance.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "random.hpp"

using namespace weir::policy;

namespace {

using indices = std::vector<std::size_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(balances)

BOOST_AUTO_TEST_CASE(the_stage_with_the_fewest_jobs_for_each_worker_comes_first) {
  balance b{3};
  BOOST_TEST((b.order({{8, 4}, {1, 1}, {7, 2}}) == indices{1, 0, 2}));
  BOOST_TEST((b.order({{4, 4}, {1, 1}, {0, 1}}) == indices{2, 0, 1}));
}

BOOST_AUTO_TEST_CASE(stages_of_equal_load_take_turns) {
  balance b{3};
  indices taken;
  for (int i = 0; i < 6; ++i) {
    taken.push_back(b.order({{0, 1}, {0, 2}, {0, 3}}).front());
    b.took(taken.back());
  }
  BOOST_TEST((taken == indices{0, 1, 2, 0, 1, 2}));
}

BOOST_AUTO_TEST_CASE(a_stage_that_stands_still_gets_no_more_than_its_share_of_waiting) {
  // The first one never finishes; the other one does so at once.
  balance b{2};
  std::vector<balance::load> loads{{0, 2}, {0, 1}};
  int stuck = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto to = b.order(loads).front();
    b.took(to);
    if (to == 0) {
      ++loads[0].inside;
      ++stuck;
    }
  }
  BOOST_TEST(stuck == 1);
}

BOOST_AUTO_TEST_CASE(every_stage_is_in_the_order_once) {
  weir::test::seeded random;
  for (int round = 0; round < 1000; ++round) {
    const auto n = random.between(1, 8);
    balance b{n};
    std::vector<balance::load> loads;
    for (std::uint64_t i = 0; i < n; ++i)
      loads.push_back({random.below(10'000'001), random.between(1, 1024)});
    auto order = b.order(loads);
    for (std::size_t i = 1; i < order.size(); ++i)
      BOOST_REQUIRE(loads[order[i - 1]].inside * loads[order[i]].parallelism <=
                    loads[order[i]].inside * loads[order[i - 1]].parallelism);
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < n; ++i)
      BOOST_REQUIRE(order[i] == i);
  }
}

BOOST_AUTO_TEST_SUITE_END()
