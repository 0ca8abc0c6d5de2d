#include <weir/actors/policy/fan_out.hpp>

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace weir::policy;

namespace {

/// Who gets the next `n` items; -1: nobody has room.
std::vector<int> turns(fan_out& f, int n) {
  std::vector<int> to;
  for (int i = 0; i < n; ++i) {
    const auto branch = f.next();
    to.push_back(branch ? static_cast<int>(*branch) : -1);
  }
  return to;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fan_outs)

BOOST_AUTO_TEST_CASE(nobody_is_chosen_before_it_has_given_credit) {
  fan_out f{2};
  BOOST_TEST(turns(f, 2) == std::vector<int>({-1, -1}), boost::test_tools::per_element());
  f.grant(1, 1);
  BOOST_TEST(turns(f, 2) == std::vector<int>({1, -1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(branches_with_room_take_turns) {
  fan_out f{3};
  for (const auto branch : {0u, 1u, 2u})
    f.grant(branch, 2);
  BOOST_TEST(turns(f, 7) == std::vector<int>({0, 1, 2, 0, 1, 2, -1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_that_is_full_is_passed_over_until_it_has_room_again) {
  fan_out f{2};
  f.grant(0, 1);
  f.grant(1, 4);
  BOOST_TEST(turns(f, 4) == std::vector<int>({0, 1, 1, 1}), boost::test_tools::per_element());
  f.grant(0, 1);
  BOOST_TEST(turns(f, 3) == std::vector<int>({0, 1, -1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
