#include <weir/runtime/flow_account.hpp>

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace weir;
using namespace std::chrono_literals;

namespace {

using decision = policy::halt::decision;

flow_failure failure(std::uint64_t index, double run_seconds = 0) {
  return {index, "item " + std::to_string(index), "stage", "bad " + std::to_string(index), 1, run_seconds};
}

/// An account and what it told. Whoever is told looks at it, as the run may.
struct kept_account {
  explicit kept_account(const std::string& rule = "never")
      : account(
            *policy::halt_rule::parse(rule),
            [this](const flow_failure& f) {
              look();
              failures.push_back(f.index);
            },
            [this](decision d, const cause& why) {
              look();
              halts.emplace_back(d, why);
            }) {}

  void look() const {
    flow_summary unused;
    account.close(unused);
  }

  void complete(int n, duration run_time = 1ms) {
    for (int i = 0; i < n; ++i)
      account.count_completed(run_time);
  }

  void straggle(const std::string& name) {
    account.name_straggler(name);
    account.count_canceled();
  }

  [[nodiscard]] flow_summary close(std::uint64_t offered = 0, std::uint64_t rejected = 0) const {
    flow_summary s;
    s.books.offered = offered;
    s.books.rejected = rejected;
    s.books.admitted = offered - rejected;
    account.close(s);
    return s;
  }

  std::vector<std::uint64_t> failures;
  std::vector<std::pair<decision, cause>> halts;
  detail::flow_account account;
};

std::vector<std::uint64_t> indices(const std::vector<flow_failure>& all) {
  std::vector<std::uint64_t> found;
  for (const auto& f : all)
    found.push_back(f.index);
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(flow_accounts)

BOOST_AUTO_TEST_CASE(what_nobody_handed_over_is_canceled_so_the_books_balance) {
  kept_account k;
  k.complete(4);
  k.account.count_failed(failure(4), 1ms);
  k.account.count_canceled();
  k.straggle("item 6");
  k.straggle("item 7");
  const auto s = k.close(13, 2);
  BOOST_TEST((s.books == policy::books{13, 11, 2, 4, 1, 6}));
  BOOST_TEST(s.books.balanced());
  BOOST_TEST((s.stragglers == std::vector<std::string>{"item 6", "item 7"}));
}

BOOST_AUTO_TEST_CASE(the_books_count_what_was_handed_over_and_the_progress_what_has_ended) {
  kept_account k;
  k.account.passed();
  k.account.passed();
  k.account.failed(failure(2));
  BOOST_TEST(k.account.live_completed() == 2u);
  BOOST_TEST(k.account.live_failed() == 1u);
  k.complete(1);
  BOOST_TEST(k.account.live_completed() == 2u);
  BOOST_TEST(k.close(3).books.completed == 1u);
}

BOOST_AUTO_TEST_CASE(closing_changes_nothing_and_may_be_done_again) {
  kept_account k;
  k.account.failed(failure(0));
  k.account.count_failed(failure(0), 1ms);
  k.straggle("item 1");
  auto s = k.close(3);
  const auto first = s.books;
  k.account.close(s);
  BOOST_TEST((s.books == first));
  BOOST_TEST(s.failures.size() == 1u);
  BOOST_TEST(s.stragglers.size() == 1u);
  // What comes late is in the next one.
  k.complete(1);
  k.account.close(s);
  BOOST_TEST((s.books == policy::books{3, 3, 0, 1, 1, 1}));
}

BOOST_AUTO_TEST_CASE(every_failure_is_counted_and_told_and_the_first_thousand_are_kept) {
  kept_account k;
  std::vector<std::uint64_t> all;
  for (std::uint64_t i = 0; i < flow_summary::failures_kept_max + 2; ++i) {
    k.account.count_failed(failure(i), 1ms);
    all.push_back(i);
  }
  const auto s = k.close(all.size());
  BOOST_TEST(k.failures == all, boost::test_tools::per_element());
  BOOST_TEST(s.books.failed == all.size());
  all.resize(flow_summary::failures_kept_max);
  BOOST_TEST(indices(s.failures) == all, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_somebody_to_tell_failures_are_counted_all_the_same) {
  detail::flow_account account{policy::collect, nullptr, nullptr};
  account.failed(failure(0));
  account.count_failed(failure(0), 1ms);
  flow_summary s;
  account.close(s);
  BOOST_TEST(s.books.failed == 1u);
}

BOOST_AUTO_TEST_CASE(the_root_error_is_what_failed_first_with_the_time_it_was_handed_over_with) {
  kept_account k;
  BOOST_TEST(!k.close().root_error.has_value());
  k.account.failed(failure(5));
  k.account.failed(failure(2));
  BOOST_TEST(k.close(6).root_error->index == 5u);
  k.account.count_failed(failure(2, 0.25), 250ms);
  k.account.count_failed(failure(5, 0.75), 750ms);
  const auto s = k.close(6);
  BOOST_REQUIRE(s.root_error.has_value());
  BOOST_TEST(s.root_error->index == 5u);
  BOOST_TEST(s.root_error->text == "bad 5");
  BOOST_TEST(s.root_error->run_seconds == 0.75);
}

BOOST_AUTO_TEST_CASE(the_run_times_are_those_of_completed_and_of_failed_jobs_that_ran) {
  kept_account k;
  BOOST_TEST((k.close().run_p99 == duration::zero()));
  k.complete(97, 1ms);
  for (std::uint64_t i = 0; i < 3; ++i)
    k.account.count_failed(failure(i), 1s);
  for (std::uint64_t refused = 3; refused < 203; ++refused)
    k.account.count_failed(failure(refused), duration::zero());
  k.account.count_canceled();
  const auto s = k.close(301);
  BOOST_TEST((s.run_p50 >= 900us && s.run_p50 <= 1100us));
  BOOST_TEST((s.run_p99 >= 900ms && s.run_p99 <= 1100ms));
}

// -- the rule for ending early -----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_failure_that_meets_the_rule_is_the_cause_for_whoever_comes_by_from_then_on) {
  kept_account k{"now,fail=2"};
  k.account.failed(failure(7));
  k.account.passed();
  BOOST_TEST(k.account.lets_start());
  BOOST_TEST(k.halts.empty());
  k.account.failed(failure(3));
  k.account.failed(failure(4));
  BOOST_TEST(!k.account.lets_start());
  // Each of them: the first one may be held up in what it has begun.
  BOOST_REQUIRE(k.halts.size() == 3u);
  for (const auto& [what, why] : k.halts) {
    BOOST_TEST((what == decision::stop_now));
    BOOST_TEST((why.code == ec::canceled));
    BOOST_TEST(why.who == "halt");
    BOOST_TEST(why.why == "rule \"now,fail=2\": item \"item 3\" failed: bad 3");
  }
}

BOOST_AUTO_TEST_CASE(a_count_that_jobs_meet_by_completing_is_told_too) {
  kept_account k{"soon,done=2"};
  k.account.failed(failure(0));
  BOOST_TEST(k.halts.empty());
  k.account.passed();
  BOOST_REQUIRE(k.halts.size() == 1u);
  BOOST_TEST((k.halts[0].first == decision::stop_soon));
  BOOST_TEST(k.halts[0].second.why == "rule \"soon,done=2\": its count was reached");
}

BOOST_AUTO_TEST_CASE(a_percentage_is_one_of_all_that_have_ended) {
  kept_account k{"now,fail=50%"};
  k.account.passed();
  k.account.passed();
  k.account.failed(failure(2));
  BOOST_TEST(k.halts.empty());
  k.account.failed(failure(3));
  BOOST_TEST(k.halts.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_handed_over_meets_no_rule) {
  // It has been counted on its lane.
  kept_account k{"now,done=1"};
  k.complete(3);
  k.account.count_failed(failure(3), 1ms);
  k.account.count_canceled();
  k.straggle("item 5");
  BOOST_TEST(k.halts.empty());
}

BOOST_AUTO_TEST_CASE(without_a_rule_nobody_is_told_to_halt) {
  kept_account k{"never"};
  for (std::uint64_t i = 0; i < 100; ++i)
    k.account.failed(failure(i));
  BOOST_TEST(k.halts.empty());
}

BOOST_AUTO_TEST_SUITE_END()
