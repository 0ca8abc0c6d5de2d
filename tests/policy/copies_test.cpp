#include <weir/actors/policy/copies.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

#include "random.hpp"

using namespace weir::policy;
using end = copies::end;

BOOST_AUTO_TEST_SUITE(copies_of_a_job)

BOOST_AUTO_TEST_CASE(a_job_that_is_never_split_ends_as_its_only_copy) {
  for (const auto how : {end::completed, end::dropped, end::canceled, end::failed}) {
    copies c;
    BOOST_TEST((c.finish(how) == how));
  }
}

BOOST_AUTO_TEST_CASE(a_job_has_completed_when_all_its_copies_have) {
  copies c;
  c.split(3, 3);
  BOOST_TEST(!c.finish(end::completed).has_value());
  BOOST_TEST(!c.finish(end::completed).has_value());
  BOOST_TEST((c.finish(end::completed) == end::completed));
}

BOOST_AUTO_TEST_CASE(a_job_has_failed_as_soon_as_one_copy_ended_so_and_only_once) {
  copies c;
  c.split(3, 3);
  BOOST_TEST(!c.finish(end::canceled).has_value());
  BOOST_TEST((c.finish(end::failed) == end::failed));
  BOOST_TEST(!c.finish(end::failed).has_value());
}

BOOST_AUTO_TEST_CASE(a_job_is_canceled_if_some_copy_was_and_none_failed) {
  copies c;
  c.split(2, 2);
  BOOST_TEST(!c.finish(end::canceled).has_value());
  BOOST_TEST((c.finish(end::completed) == end::canceled));
}

BOOST_AUTO_TEST_CASE(a_job_is_dropped_if_some_copy_was_and_no_other_was_canceled_or_failed) {
  for (const auto other : {end::completed, end::canceled, end::failed}) {
    copies c;
    c.split(2, 2);
    BOOST_TEST(!c.finish(end::dropped).has_value());
    BOOST_TEST((c.finish(other) == (other == end::completed ? end::dropped : other)));
  }
}

BOOST_AUTO_TEST_CASE(a_job_has_passed_when_no_copy_has_a_task_ahead) {
  copies alone;
  BOOST_TEST(alone.pass());
  copies c;
  c.split(3, 2);  // one of them goes to a sink
  BOOST_TEST(!c.pass());
  c.split(2, 2);
  BOOST_TEST(!c.pass());
  BOOST_TEST(c.pass());
  c.split(2, 0);  // on to two sinks
  BOOST_TEST((!c.finish(end::completed) && !c.finish(end::completed) && !c.finish(end::completed)));
}

BOOST_AUTO_TEST_CASE(only_the_first_failure_of_a_job_is_told) {
  copies c;
  c.split(2, 2);
  BOOST_TEST(c.fail());
  BOOST_TEST(!c.fail());
}

BOOST_AUTO_TEST_CASE(whatever_its_copies_do_a_job_ends_once_and_as_the_worst_of_them) {
  weir::test::seeded random;
  for (int round = 0; round < 10'000; ++round) {
    copies c;
    unsigned open = 1;
    std::vector<end> answers;
    auto worst = end::completed;
    while (open > 0) {
      if (open < 8 && random.one_in(3)) {
        const auto into = static_cast<unsigned>(random.between(1, 3));
        c.split(into, into);
        open += into - 1;
        continue;
      }
      const auto how = static_cast<end>(random.below(4));
      worst = std::max(worst, how);
      --open;
      const auto answer = c.finish(how);
      BOOST_REQUIRE(answer.has_value() == (answers.empty() && (how == end::failed || open == 0)));
      if (answer)
        answers.push_back(*answer);
    }
    BOOST_REQUIRE(answers.size() == 1U);
    BOOST_REQUIRE((answers[0] == worst));
  }
}

BOOST_AUTO_TEST_SUITE_END()
