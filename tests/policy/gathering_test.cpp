#include <weir/actors/policy/gathering.hpp>

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace weir::policy;
using namespace std::chrono_literals;

namespace {

using numbers = gathering<int>;

numbers::time_point at(numbers::duration d) {
  return numbers::time_point{d};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gatherings)

BOOST_AUTO_TEST_CASE(it_is_full_with_as_many_values_as_were_asked_for) {
  numbers g{2, 1s};
  BOOST_TEST(g.empty());
  BOOST_TEST(g.add(1, at(0s)));
  BOOST_TEST(!g.full());
  BOOST_TEST(!g.add(2, at(0s)));
  BOOST_TEST(g.full());
  BOOST_TEST(g.take() == std::vector<int>({1, 2}), boost::test_tools::per_element());
  BOOST_TEST(g.empty());
}

BOOST_AUTO_TEST_CASE(it_is_due_when_its_first_value_has_waited_for_its_time) {
  numbers g{10, 1s};
  (void)g.add(1, at(5s));
  BOOST_TEST((g.due_at() == at(6s)));
  (void)g.add(2, at(5s + 900ms));
  BOOST_TEST(!g.due(at(6s - 1ns)));
  BOOST_TEST(g.due(at(6s)));
}

BOOST_AUTO_TEST_CASE(what_was_taken_is_not_due_any_more_and_the_next_first_value_counts_anew) {
  numbers g{10, 1s};
  (void)g.add(1, at(0s));
  (void)g.take();
  BOOST_TEST(!g.due(at(1h)));
  BOOST_TEST(g.add(2, at(900ms)));
  BOOST_TEST(!g.due(at(1s)));
  BOOST_TEST(g.due(at(1900ms)));
}

BOOST_AUTO_TEST_CASE(a_time_beyond_the_end_of_the_clock_never_comes) {
  numbers g{10, numbers::duration::max()};
  (void)g.add(1, at(1h));
  BOOST_TEST((g.due_at() == numbers::time_point::max()));
}

BOOST_AUTO_TEST_SUITE_END()
