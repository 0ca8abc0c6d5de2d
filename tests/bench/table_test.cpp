#include <boost/test/unit_test.hpp>

#include <bench/harness/table.hpp>
#include <sstream>

using enum bench::table::align;

namespace {

std::string written(const bench::table& t) {
  std::ostringstream out;
  t.write(out);
  return out.str();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bench_table)

BOOST_AUTO_TEST_CASE(columns_are_as_wide_as_their_widest_cell) {
  bench::table t{{{"who", left}, {"ns", right}}};
  t.add({"Go", "180"});
  t.add({"oneTBB", "1.5"});
  BOOST_TEST(written(t) ==
             "| who    |  ns |\n"
             "| ------ | --: |\n"
             "| Go     | 180 |\n"
             "| oneTBB | 1.5 |\n");
}

BOOST_AUTO_TEST_CASE(letters_of_two_bytes_are_one_wide) {
  bench::table t{{{"unit", left}}};
  t.add({"µs"});
  BOOST_TEST(written(t) ==
             "| unit |\n"
             "| ---- |\n"
             "| µs   |\n");
}

BOOST_AUTO_TEST_CASE(bars_and_newlines_do_not_break_a_row) {
  bench::table t{{{"who", left}}};
  t.add({"a | b\nc"});
  BOOST_TEST(written(t) ==
             "| who      |\n"
             "| -------- |\n"
             "| a \\| b c |\n");
}

BOOST_AUTO_TEST_CASE(figures_have_three_digits) {
  BOOST_TEST(bench::rounded(0) == "0.00");
  BOOST_TEST(bench::rounded(0.012345) == "0.0123");
  BOOST_TEST(bench::rounded(1.2345) == "1.23");
  BOOST_TEST(bench::rounded(123.45) == "123");
  BOOST_TEST(bench::rounded(12345.6) == "12346");
  BOOST_TEST(bench::rounded(-1.5) == "-1.50");
}

BOOST_AUTO_TEST_SUITE_END()
