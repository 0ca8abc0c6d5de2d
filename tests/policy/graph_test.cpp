#include <weir/actors/policy/graph.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

#include "random.hpp"

using namespace weir::policy;

namespace {

using nodes = std::vector<std::size_t>;
using joins = std::vector<std::pair<std::size_t, std::size_t>>;

graph of(std::size_t size, const joins& all) {
  graph g{size};
  for (const auto& [from, to] : all)
    g.join(from, to);
  return g;
}

/// Every cycle by trying every way, from its smallest node.
void extend(const graph& g, nodes& way, std::set<nodes>& found) {
  for (const auto next : g.downstreams(way.back())) {
    if (next == way.front())
      found.insert(way);
    if (next <= way.front() || std::find(way.begin(), way.end(), next) != way.end())
      continue;
    way.push_back(next);
    extend(g, way, found);
    way.pop_back();
  }
}

std::set<nodes> all_cycles(const graph& g) {
  std::set<nodes> found;
  for (std::size_t n = 0; n < g.size(); ++n) {
    nodes way{n};
    extend(g, way, found);
  }
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(graphs)

BOOST_AUTO_TEST_CASE(a_row_and_a_diamond_have_no_cycle) {
  BOOST_TEST(of(3, {{0, 1}, {1, 2}}).cycles(10).empty());
  BOOST_TEST(of(4, {{0, 1}, {0, 2}, {1, 3}, {2, 3}}).cycles(10).empty());
}

BOOST_AUTO_TEST_CASE(a_node_that_feeds_itself_is_a_cycle) {
  BOOST_TEST((of(2, {{0, 1}, {1, 1}}).cycles(10) == std::vector<nodes>{{1}}));
}

BOOST_AUTO_TEST_CASE(each_cycle_is_named_once_from_its_smallest_node) {
  const auto g = of(5, {{4, 2}, {2, 3}, {3, 2}, {3, 4}, {0, 1}, {1, 0}});
  BOOST_TEST((g.cycles(10) == std::vector<nodes>{{0, 1}, {2, 3}, {2, 3, 4}}));
}

BOOST_AUTO_TEST_CASE(a_pair_that_is_joined_twice_is_joined_once) {
  const auto g = of(2, {{0, 1}, {1, 0}, {0, 1}});
  BOOST_TEST((g.downstreams(0) == nodes{1}));
  BOOST_TEST((g.upstreams(1) == nodes{0}));
  BOOST_TEST((g.cycles(10) == std::vector<nodes>{{0, 1}}));
}

BOOST_AUTO_TEST_CASE(no_more_cycles_are_named_than_were_asked_for) {
  graph all{12};
  for (std::size_t a = 0; a < 12; ++a)
    for (std::size_t b = 0; b < 12; ++b)
      all.join(a, b);
  BOOST_TEST(all.cycles(20).size() == 20U);
}

BOOST_AUTO_TEST_CASE(the_cycles_of_random_graphs_are_those_that_trying_every_way_finds) {
  weir::test::seeded random;
  for (int round = 0; round < 2000; ++round) {
    const auto size = random.between(1, 6);
    graph g{size};
    for (std::size_t a = 0; a < size; ++a)
      for (std::size_t b = 0; b < size; ++b)
        if (random.one_in(3))
          g.join(a, b);
    const auto found = g.cycles(10'000);
    const auto wanted = all_cycles(g);
    BOOST_REQUIRE(found.size() == wanted.size());
    BOOST_REQUIRE((std::set<nodes>{found.begin(), found.end()} == wanted));
  }
}

BOOST_AUTO_TEST_CASE(what_leads_where_is_followed_in_both_directions) {
  const auto g = of(5, {{0, 1}, {1, 2}, {3, 2}});
  BOOST_TEST((g.reached_from({0}) == std::vector<bool>{true, true, true, false, false}));
  BOOST_TEST((g.leading_to({2}) == std::vector<bool>{true, true, true, true, false}));
}

BOOST_AUTO_TEST_CASE(a_node_lies_one_layer_behind_the_last_of_its_upstreams) {
  const auto g = of(5, {{0, 4}, {0, 1}, {1, 2}, {2, 4}, {3, 2}});
  BOOST_TEST((g.layers() == nodes{0, 1, 2, 0, 3}));
  // The shorter of two ways may be the last one that is looked at.
  BOOST_TEST((of(5, {{1, 2}, {2, 3}, {3, 4}, {0, 4}}).layers() == nodes{0, 0, 1, 2, 3}));
  BOOST_TEST((of(5, {{0, 1}, {1, 2}, {2, 4}, {3, 4}}).layers() == nodes{0, 1, 2, 0, 3}));
}

BOOST_AUTO_TEST_CASE(in_order_each_node_comes_after_its_upstreams) {
  const auto g = of(4, {{3, 0}, {0, 1}, {3, 2}, {1, 2}});
  BOOST_TEST((g.in_order() == nodes{3, 0, 1, 2}));
}

BOOST_AUTO_TEST_SUITE_END()
