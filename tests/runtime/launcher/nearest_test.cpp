#include <weir/runtime/launcher/nearest.hpp>

#include <boost/test/unit_test.hpp>

using namespace weir::config;

BOOST_AUTO_TEST_SUITE(nearest_name)

BOOST_AUTO_TEST_CASE(a_slip_finds_the_name_that_was_meant) {
  const std::vector<std::string> known{"parallelism", "capacity", "order", "name", "task"};
  BOOST_TEST(nearest("paralellism", known).value() == "parallelism");
  BOOST_TEST(nearest("ordre", known).value() == "order");
  BOOST_TEST(nearest("Task", known).value() == "task");
  BOOST_TEST(nearest("nam", known).value() == "name");
}

BOOST_AUTO_TEST_CASE(what_is_far_from_all_is_near_to_none) {
  BOOST_TEST(!nearest("colour", {"flow", "stage"}).has_value());
  BOOST_TEST(!nearest("", {"a"}).has_value());
  BOOST_TEST(!nearest(std::string(10'000, 'a'), {"aaaa"}).has_value());
}

BOOST_AUTO_TEST_CASE(the_nearer_of_two_wins) {
  BOOST_TEST(nearest("sha265", {"sha512", "sha256"}).value() == "sha256");
}

BOOST_AUTO_TEST_CASE(a_suggestion_names_the_nearest_or_else_all) {
  BOOST_TEST(suggestion("ordr", {"order", "name"}) == "; did you mean \"order\"?");
  BOOST_TEST(suggestion("x", {"order", "name"}) == "; known: order, name");
}

BOOST_AUTO_TEST_SUITE_END()
