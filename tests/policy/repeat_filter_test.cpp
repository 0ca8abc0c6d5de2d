#include <weir/actors/policy/repeat_filter.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>

using namespace std::chrono_literals;
using weir::policy::repeat_filter;

namespace {

constexpr repeat_filter::time_point start{1h};
constexpr std::optional<std::uint64_t> untold = std::nullopt;

/// Optional numbers are not printed by themselves.
bool is(std::optional<std::uint64_t> seen, std::optional<std::uint64_t> wanted) {
  return seen == wanted;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(repeat_filters)

BOOST_AUTO_TEST_CASE(a_text_is_told_when_it_is_new_and_then_once_in_a_period_with_how_often_it_came) {
  repeat_filter f{10min, 8};
  BOOST_TEST(is(f.observe("a", start), 0));
  for (auto t = 1s; t < 10min; t += 1s)
    BOOST_TEST(is(f.observe("a", start + t), untold));
  BOOST_TEST(is(f.observe("a", start + 10min), 599));
  BOOST_TEST(is(f.observe("a", start + 20min - 1s), untold));
  BOOST_TEST(is(f.observe("a", start + 20min), 1));
  BOOST_TEST(is(f.observe("a", start + 30min), 0));
}

BOOST_AUTO_TEST_CASE(texts_do_not_wait_for_each_other) {
  repeat_filter f{10min, 8};
  BOOST_TEST(is(f.observe("a", start), 0));
  BOOST_TEST(is(f.observe("b", start + 9min), 0));
  BOOST_TEST(is(f.observe("a", start + 10min), 0));
  BOOST_TEST(is(f.observe("b", start + 10min), untold));
}

BOOST_AUTO_TEST_CASE(of_too_many_the_one_that_was_told_the_longest_ago_is_forgotten) {
  repeat_filter f{10min, 2};
  BOOST_TEST(is(f.observe("a", start), 0));
  BOOST_TEST(is(f.observe("b", start + 1s), 0));
  BOOST_TEST(is(f.observe("c", start + 2s), 0));
  BOOST_TEST(is(f.observe("b", start + 3s), untold));
  BOOST_TEST(is(f.observe("c", start + 3s), untold));
  BOOST_TEST(is(f.observe("a", start + 3s), 0));
  BOOST_TEST(is(f.observe("b", start + 4s), 0));
}

BOOST_AUTO_TEST_CASE(what_was_not_told_after_all_is_new_when_it_comes_again) {
  repeat_filter f{10min, 2};
  BOOST_TEST(is(f.observe("a", start), 0));
  BOOST_TEST(is(f.observe("a", start + 1s), untold));
  f.forget("a");
  BOOST_TEST(is(f.observe("a", start + 2s), 0));
  BOOST_TEST(is(f.observe("a", start + 3s), untold));
  BOOST_TEST(is(f.observe("a", start + 10min + 2s), 1));
}

BOOST_AUTO_TEST_SUITE_END()
