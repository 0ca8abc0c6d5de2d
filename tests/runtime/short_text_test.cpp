#include <weir/runtime/short_text.hpp>

#include <boost/test/unit_test.hpp>

using namespace weir;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(short_texts)

BOOST_AUTO_TEST_CASE(a_rate_has_three_digits_or_what_is_before_the_point) {
  BOOST_TEST(short_text(0.0) == "0");
  BOOST_TEST(short_text(0.25) == "0.25");
  BOOST_TEST(short_text(9.994) == "9.99");
  BOOST_TEST(short_text(9.996) == "10.0");
  BOOST_TEST(short_text(52.34) == "52.3");
  BOOST_TEST(short_text(99.94) == "99.9");
  BOOST_TEST(short_text(99.96) == "100");
  BOOST_TEST(short_text(1'234.4) == "1234");
}

BOOST_AUTO_TEST_CASE(a_duration_has_the_unit_that_keeps_it_short) {
  BOOST_TEST(short_text(duration{0}) == "0 ns");
  BOOST_TEST(short_text(1ns) == "1.00 ns");
  BOOST_TEST(short_text(999ns) == "999 ns");
  BOOST_TEST(short_text(1us) == "1.00 µs");
  BOOST_TEST(short_text(999'499ns) == "999 µs");
  BOOST_TEST(short_text(999'500ns) == "1.00 ms");
  BOOST_TEST(short_text(351ms) == "351 ms");
  BOOST_TEST(short_text(2'010ms) == "2.01 s");
  BOOST_TEST(short_text(99'949ms) == "99.9 s");
  BOOST_TEST(short_text(100s) == "1 min 40 s");
  BOOST_TEST(short_text(185s) == "3 min 05 s");
  BOOST_TEST(short_text(3'599'600ms) == "1 h 00 min");
  BOOST_TEST(short_text(25h + 1min) == "25 h 01 min");
}

BOOST_AUTO_TEST_SUITE_END()
