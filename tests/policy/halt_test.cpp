#include <weir/actors/policy/halt.hpp>

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace weir::policy;

namespace {

using decision = halt::decision;

bool same(const halt_rule& a, const halt_rule& b) {
  return a.how == b.how && a.what == b.what && a.percent == b.percent &&
         (a.percent > 0 || a.count == b.count);
}

bool stops(halt& h, std::uint64_t completed, std::uint64_t failed) {
  return h.observe(completed, failed) != decision::go_on;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(halt_rules)

BOOST_AUTO_TEST_CASE(every_rule_reads_back_as_it_was_written) {
  for (const std::string how : {"now", "soon"})
    for (const std::string what : {"fail", "success", "done"})
      for (const std::string amount : {"1", "7", "18446744073709551615", "1%", "50%", "100%"}) {
        const auto text = how + "," + what + "=" + amount;
        const auto rule = halt_rule::parse(text);
        BOOST_REQUIRE_MESSAGE(rule, text);
        BOOST_TEST(to_string(*rule) == text);
        BOOST_TEST((rule->how == (how == "now" ? halt_rule::how_t::now : halt_rule::how_t::soon)));
        BOOST_TEST((rule->what == (what == "fail"      ? halt_rule::what_t::fail
                                   : what == "success" ? halt_rule::what_t::success
                                                       : halt_rule::what_t::done)));
        BOOST_TEST(same(*halt_rule::parse(to_string(*rule)), *rule));
      }
  BOOST_TEST(to_string(*halt_rule::parse("never")) == "never");
  BOOST_TEST(to_string(fail_fast) == "now,fail=1");
  BOOST_TEST(to_string(collect) == "never");
}

BOOST_AUTO_TEST_CASE(what_is_not_a_rule_is_refused) {
  for (const auto* text : {"",
                           "now",
                           "now,",
                           "now,fail",
                           "now,fail=",
                           "now,fail=0",
                           "now,fail=0%",
                           "now,fail=101%",
                           "now,fail=-1",
                           "now,fail=+1",
                           "now,fail= 1",
                           "now,fail=1 ",
                           "now,fail=1%%",
                           "now,fail=1.5",
                           "now,fail=1.5%",
                           "now,fail=18446744073709551616",
                           "now, fail=1",
                           "Now,fail=1",
                           "later,fail=1",
                           "now,failed=1",
                           "never ",
                           "never,fail=1",
                           "soon;done=1"})
    BOOST_TEST(!halt_rule::parse(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(the_default_never_halts) {
  halt h;
  BOOST_TEST(!h.watches());
  BOOST_TEST(!stops(h, 0, 1'000));
}

BOOST_AUTO_TEST_CASE(the_first_failure_stops_a_fail_fast_run_once) {
  halt h{fail_fast};
  BOOST_TEST(h.watches());
  BOOST_TEST(!stops(h, 100, 0));
  BOOST_TEST((h.observe(100, 1) == decision::stop_now));
  BOOST_TEST(!h.watches());
  BOOST_TEST(!stops(h, 100, 2));
}

BOOST_AUTO_TEST_CASE(soon_is_told_from_now) {
  halt h{*halt_rule::parse("soon,fail=2")};
  BOOST_TEST(!stops(h, 0, 1));
  BOOST_TEST((h.observe(0, 2) == decision::stop_soon));
}

BOOST_AUTO_TEST_CASE(each_count_looks_at_its_own_outcomes) {
  halt fail{*halt_rule::parse("now,fail=3")};
  BOOST_TEST(!stops(fail, 9, 2));
  BOOST_TEST(stops(fail, 0, 3));
  halt success{*halt_rule::parse("now,success=3")};
  BOOST_TEST(!stops(success, 2, 9));
  BOOST_TEST(stops(success, 3, 0));
  halt done{*halt_rule::parse("now,done=3")};
  BOOST_TEST(!stops(done, 1, 1));
  BOOST_TEST(stops(done, 1, 2));
}

BOOST_AUTO_TEST_CASE(a_count_that_was_passed_between_two_looks_is_reached) {
  halt h{*halt_rule::parse("now,done=3")};
  BOOST_TEST(stops(h, 10, 0));
}

BOOST_AUTO_TEST_CASE(a_percentage_waits_for_a_sample) {
  halt h{*halt_rule::parse("now,fail=50%")};
  BOOST_TEST(!stops(h, 0, 1));
  BOOST_TEST(!stops(h, 0, 2));
  BOOST_TEST(stops(h, 0, 3));
}

BOOST_AUTO_TEST_CASE(a_percentage_is_reached_exactly) {
  halt below{*halt_rule::parse("soon,fail=10%")};
  BOOST_TEST(!stops(below, 91, 10));
  BOOST_TEST(stops(below, 90, 10));
  halt success{*halt_rule::parse("soon,success=75%")};
  BOOST_TEST(!stops(success, 2, 1));
  BOOST_TEST(stops(success, 3, 1));
  halt done{*halt_rule::parse("soon,done=100%")};
  BOOST_TEST(!stops(done, 1, 1));
  BOOST_TEST(stops(done, 2, 1));
}

BOOST_AUTO_TEST_CASE(only_rules_that_count_completed_jobs_need_each_looked_at) {
  BOOST_TEST(!collect.counts_completed());
  BOOST_TEST(!fail_fast.counts_completed());
  BOOST_TEST(halt_rule::parse("soon,success=1")->counts_completed());
  BOOST_TEST(halt_rule::parse("now,done=1%")->counts_completed());
}

BOOST_AUTO_TEST_CASE(a_count_of_successes_halts_when_it_is_reached_or_can_not_be_any_more) {
  const halt_rule two_of_five{halt_rule::how_t::now, halt_rule::what_t::success, 2, 0, 5};
  BOOST_TEST(to_string(two_of_five) == "now,success=2 of 5");
  halt reached{two_of_five};
  BOOST_TEST(!stops(reached, 1, 3));
  BOOST_TEST(stops(reached, 2, 3));
  halt lost{two_of_five};
  BOOST_TEST(!stops(lost, 0, 3));
  BOOST_TEST(stops(lost, 0, 4));
  // Where nobody knows how many there are, there is always hope.
  halt hopes{{halt_rule::how_t::now, halt_rule::what_t::success, 2}};
  BOOST_TEST(!stops(hopes, 0, 1'000'000));
}

BOOST_AUTO_TEST_SUITE_END()
