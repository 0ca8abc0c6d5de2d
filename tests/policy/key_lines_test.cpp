#include <weir/actors/policy/key_lines.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

#include "random.hpp"

using namespace weir::policy;
using namespace std::chrono_literals;

namespace {

using lines = key_lines<int>;

lines::span_type job(std::uint64_t n) {
  return {0, n, n + 1};
}

lines::time_point at(int ms) {
  return lines::time_point{std::chrono::milliseconds{ms}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lines_of_keys)

BOOST_AUTO_TEST_CASE(of_each_key_one_job_goes_on_and_the_others_follow_in_their_order) {
  lines l;
  BOOST_TEST(l.arrive(7, at(0), job(0)).has_value());
  BOOST_TEST(!l.arrive(7, at(1), job(1)).has_value());
  BOOST_TEST(l.arrive(8, at(2), job(2)).has_value());
  BOOST_TEST(!l.arrive(7, at(3), job(3)).has_value());
  BOOST_TEST(l.waiting() == 2u);
  BOOST_TEST(l.leave(7)->first == 1u);
  BOOST_TEST(l.leave(7)->first == 3u);
  BOOST_TEST(!l.leave(7).has_value());
  BOOST_TEST(!l.leave(8).has_value());
  BOOST_TEST(l.waiting() == 0u);
  // Nothing is left of a key without jobs.
  BOOST_TEST(l.arrive(7, at(9), job(9)).has_value());
}

BOOST_AUTO_TEST_CASE(the_oldest_of_those_that_wait_can_be_taken_away_and_the_line_goes_on) {
  lines l;
  static_cast<void>(l.arrive(1, at(0), job(0)));
  static_cast<void>(l.arrive(2, at(0), job(1)));
  BOOST_TEST(!l.oldest().has_value());
  static_cast<void>(l.arrive(2, at(1), job(2)));
  static_cast<void>(l.arrive(1, at(2), job(3)));
  static_cast<void>(l.arrive(2, at(3), job(4)));
  BOOST_TEST((*l.oldest() == at(1)));
  BOOST_TEST(l.take_oldest().first == 2u);
  BOOST_TEST((*l.oldest() == at(2)));
  BOOST_TEST(l.take_oldest().first == 3u);
  BOOST_TEST((*l.oldest() == at(3)));
  BOOST_TEST(l.leave(2)->first == 4u);
  BOOST_TEST(!l.leave(1).has_value());
  BOOST_TEST(!l.oldest().has_value());
}

BOOST_AUTO_TEST_CASE(all_that_wait_can_be_taken_away_by_age_and_those_past_the_lines_leave_as_ever) {
  lines l;
  static_cast<void>(l.arrive(1, at(0), job(0)));
  static_cast<void>(l.arrive(2, at(0), job(1)));
  static_cast<void>(l.arrive(2, at(1), job(2)));
  static_cast<void>(l.arrive(1, at(2), job(3)));
  static_cast<void>(l.arrive(2, at(3), job(4)));
  const auto all = l.take_all();
  BOOST_REQUIRE(all.size() == 3u);
  for (std::size_t i = 0; i < 3; ++i)
    BOOST_TEST(all[i].first == i + 2);
  BOOST_TEST(l.waiting() == 0u);
  BOOST_TEST(!l.arrive(2, at(4), job(5)).has_value());
  BOOST_TEST(l.leave(2)->first == 5u);
  BOOST_TEST(!l.leave(1).has_value());
}

BOOST_AUTO_TEST_CASE(whatever_comes_and_goes_no_key_has_two_jobs_past_the_lines_and_none_is_lost) {
  weir::test::seeded random;
  for (int round = 0; round < 200; ++round) {
    lines l;
    std::map<std::uint64_t, std::uint64_t> past;  // by key, the job
    std::map<std::uint64_t, std::uint64_t> last;  // by key, the job that went on before
    std::uint64_t gone = 0;
    const auto goes_on = [&](std::uint64_t key, const lines::span_type& s) {
      BOOST_REQUIRE(past.emplace(key, s.first).second);
      BOOST_REQUIRE((!last.contains(key) || last[key] < s.first));
      last[key] = s.first;
    };
    constexpr std::uint64_t jobs = 100;
    for (std::uint64_t n = 0; n < jobs || !past.empty();) {
      if (n < jobs && random.below(2) == 0) {
        const auto key = random.below(5);
        if (auto s = l.arrive(key, at(static_cast<int>(n)), job(n)))
          goes_on(key, *s);
        ++n;
      } else if (!past.empty()) {
        const auto key =
            std::next(past.begin(), static_cast<std::ptrdiff_t>(random.below(past.size())))->first;
        past.erase(key);
        ++gone;
        if (auto s = l.leave(key))
          goes_on(key, *s);
      }
    }
    BOOST_TEST(gone == jobs);
    BOOST_TEST(l.waiting() == 0u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
