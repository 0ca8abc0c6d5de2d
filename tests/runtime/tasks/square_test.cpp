#include <weir/actors/error.hpp>

#include <boost/test/unit_test.hpp>

#include "task_helpers.hpp"

using namespace weir;
using namespace weir_test;

BOOST_AUTO_TEST_SUITE(squares)

BOOST_AUTO_TEST_CASE(a_whole_number_is_squared_also_as_text) {
  const auto task = made(square_task());
  BOOST_TEST(number(*run(task, std::int64_t{-12}), "square") == 144);
  BOOST_TEST(number(*run(task, std::string{"12"}), "square") == 144);
  BOOST_TEST(number(*run(task, std::int64_t{0}), "square") == 0);
}

BOOST_AUTO_TEST_CASE(the_largest_square_of_64_bits_is_right_and_the_next_one_fails) {
  const auto task = made(square_task());
  for (const std::int64_t sign : {1, -1}) {
    BOOST_TEST(number(*run(task, sign * 3037000499), "square") == 9223372030926249001);
    const auto r = run(task, sign * 3037000500);
    BOOST_REQUIRE(!r);
    BOOST_TEST(is(r.error(), ec::failed));
    BOOST_TEST(text_of(r.error()).find("has no place in 64 bits") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_whole_number_is_a_failure_that_shows_it) {
  const auto r = run(made(square_task()), std::string{"four"});
  BOOST_REQUIRE(!r);
  BOOST_TEST(text_of(r.error()).find("\"four\"") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
