#include <weir/actors/policy/wait_graph.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>

#include "random.hpp"

using namespace weir::policy;

namespace {

using how = awaited_nodes::how_t;
using waits = std::map<std::uint64_t, awaited_nodes>;

std::vector<std::uint64_t> look_from(std::uint64_t start, const waits& all) {
  return find_deadlock(start, [&](std::uint64_t n) {
    const auto at = all.find(n);
    return at == all.end() ? awaited_nodes{} : at->second;
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(waits_for)

BOOST_AUTO_TEST_CASE(who_waits_for_somebody_at_work_goes_on) {
  BOOST_TEST(look_from(1, {}).empty());
  BOOST_TEST(look_from(1, {{1, {how::all, {2}}}, {2, {how::any, {3, 4}}}}).empty());
}

BOOST_AUTO_TEST_CASE(a_cycle_is_found_with_its_path_and_with_who_leads_into_it) {
  BOOST_TEST((look_from(1, {{1, {how::any, {1}}}}) == std::vector<std::uint64_t>{1, 1}));
  const waits two{{1, {how::all, {2}}}, {2, {how::all, {1}}}, {9, {how::all, {2}}}};
  BOOST_TEST((look_from(1, two) == std::vector<std::uint64_t>{1, 2, 1}));
  BOOST_TEST((look_from(9, two) == std::vector<std::uint64_t>{9, 2, 1, 2}));
}

BOOST_AUTO_TEST_CASE(one_of_any_that_goes_on_is_enough_and_of_all_none_may_fail_to) {
  const waits stuck{{2, {how::all, {3}}}, {3, {how::all, {2}}}};
  auto any = stuck;
  any[1] = {how::any, {2, 7}};
  BOOST_TEST(look_from(1, any).empty());
  auto all = stuck;
  all[1] = {how::all, {7, 2}};
  BOOST_TEST((look_from(1, all) == std::vector<std::uint64_t>{1, 2, 3, 2}));
}

BOOST_AUTO_TEST_CASE(who_waits_for_any_of_none_never_goes_on) {
  BOOST_TEST((look_from(1, {{1, {how::any, {}}}}) == std::vector<std::uint64_t>{1}));
}

BOOST_AUTO_TEST_CASE(in_random_graphs_exactly_those_are_found_that_a_replay_can_not_free) {
  weir::test::seeded random;
  for (int round = 0; round < 2'000; ++round) {
    const auto n = 2 + random.below(8);
    waits all;
    for (std::uint64_t i = 0; i < n; ++i) {
      if (random.below(3) == 0)
        continue;
      auto& w = all[i];
      w.how = random.below(2) == 0 ? how::any : how::all;
      for (auto e = 1 + random.below(3); e > 0; --e)
        w.of.push_back(random.below(n));
    }
    // Whoever waits for nothing leaves, until nobody can.
    std::vector<bool> gone(n);
    for (auto moved = true; moved;) {
      moved = false;
      for (std::uint64_t i = 0; i < n; ++i) {
        if (gone[i])
          continue;
        const auto& w = all[i];
        const auto left = std::count_if(w.of.begin(), w.of.end(), [&](auto o) { return gone[o]; });
        if (w.how == how::nothing || (w.how == how::any && left > 0) ||
            (w.how == how::all && static_cast<std::size_t>(left) == w.of.size()))
          moved = gone[i] = true;
      }
    }
    for (std::uint64_t i = 0; i < n; ++i)
      BOOST_REQUIRE(look_from(i, all).empty() == gone[i]);
  }
}

BOOST_AUTO_TEST_SUITE_END()
