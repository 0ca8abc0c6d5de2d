#include <weir/actors/policy/restart.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <ostream>
#include <set>
#include <string>

using namespace weir::policy;
using namespace std::chrono_literals;

namespace weir::policy {

std::ostream& operator<<(std::ostream& out, const restart::action& a) {
  constexpr const char* names[] = {"start", "stop", "kill", "abandon", "ended"};
  return out << names[static_cast<std::size_t>(a.what)] << ' ' << a.child;
}

}  // namespace weir::policy

namespace {

using what = restart::action::what_t;

constexpr restart::time_point t0{};

/// Children that end at once when they are asked to; keeps what was done, as text: "-2" stop, "+0" start.
struct family {
  restart rules;
  std::string done = {};
  std::set<std::size_t> up = {};
  bool ended = false;

  family(restart_rule rule, std::size_t n, child_kind kind) : rules(rule) {
    for (std::size_t i = 0; i < n; ++i)
      perform(rules.add({kind, 1s}), t0);
    done.clear();
  }

  void perform(const restart::actions& wanted, restart::time_point now) {
    for (const auto& a : wanted)
      switch (a.what) {
        case what::start:
          done += '+' + std::to_string(a.child);
          up.insert(a.child);
          break;
        case what::stop:
        case what::kill:
          done += '-' + std::to_string(a.child);
          up.erase(a.child);
          perform(rules.ended(a.child, child_exit::shutdown, now), now);
          break;
        case what::abandon:
          break;
        case what::ended:
          ended = true;
          break;
      }
  }

  void end(std::size_t i, child_exit how, restart::time_point now = t0) {
    up.erase(i);
    perform(rules.ended(i, how, now), now);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(restarts)

// As in OTP's supervisor_SUITE: three strategies, three kinds, three exits.
BOOST_AUTO_TEST_CASE(the_27_cases_of_strategy_kind_and_exit) {
  const auto restarts = [](child_kind k, child_exit e) {
    return k == child_kind::permanent || (k == child_kind::transient && e == child_exit::error);
  };
  int cases = 0;
  for (const auto& [how, answer] :
       {std::pair{strategy::one_for_one, "+1"}, std::pair{strategy::one_for_all, "-2-0+0+1+2"},
        std::pair{strategy::rest_for_one, "-2+1+2"}})
    for (const auto kind : {child_kind::permanent, child_kind::transient, child_kind::temporary})
      for (const auto exit : {child_exit::normal, child_exit::shutdown, child_exit::error}) {
        family f{{.how = how}, 3, kind};
        f.end(1, exit);
        const auto again = restarts(kind, exit);
        BOOST_TEST(f.done == (again ? answer : ""));
        BOOST_TEST(f.up.size() == (again ? 3u : 2u));
        BOOST_TEST(!f.ended);
        ++cases;
      }
  BOOST_TEST(cases == 27);
}

BOOST_AUTO_TEST_CASE(a_temporary_child_that_was_stopped_with_others_does_not_come_back) {
  restart r{{.how = strategy::one_for_all}};
  BOOST_TEST(r.add({child_kind::permanent, 1s}).size() == 1u);
  BOOST_TEST(r.add({child_kind::temporary, 1s}).size() == 1u);
  BOOST_TEST(r.ended(0, child_exit::error, t0) == (restart::actions{{what::stop, 1}}),
             boost::test_tools::per_element());
  BOOST_TEST(r.ended(1, child_exit::shutdown, t0) == (restart::actions{{what::start, 0}}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_more_restart_than_the_intensity_within_the_period_ends_all_in_reverse_order) {
  for (const auto how : {strategy::one_for_one, strategy::one_for_all, strategy::rest_for_one}) {
    family f{{.how = how, .intensity = 3, .period = 5s}, 3, child_kind::permanent};
    for (int i = 0; i < 3; ++i)
      f.end(2, child_exit::error, t0 + std::chrono::seconds{i});
    BOOST_TEST(!f.rules.gave_up());
    f.done.clear();
    f.end(2, child_exit::error, t0 + 4s);
    BOOST_TEST(f.rules.gave_up());
    BOOST_TEST(f.done == "-1-0");
    BOOST_TEST(f.ended);
    BOOST_TEST(f.up.empty());
  }
}

BOOST_AUTO_TEST_CASE(restarts_that_are_longer_ago_than_the_period_do_not_count) {
  family f{{.intensity = 2, .period = 5s}, 1, child_kind::permanent};
  for (int i = 0; i < 20; ++i)
    f.end(0, child_exit::error, t0 + std::chrono::seconds{3 * i});
  BOOST_TEST(!f.rules.gave_up());
  BOOST_TEST(f.up.size() == 1u);
}

BOOST_AUTO_TEST_CASE(with_intensity_0_the_first_end_is_the_last) {
  family f{{.intensity = 0}, 2, child_kind::permanent};
  f.end(0, child_exit::normal);
  BOOST_TEST(f.rules.gave_up());
  BOOST_TEST(f.done == "-1");
  BOOST_TEST(f.ended);
}

BOOST_AUTO_TEST_CASE(the_wait_before_a_restart_grows_up_to_its_bound_and_is_kept_exactly) {
  restart r{{.intensity = 10, .period = 60s, .backoff = 1s, .growth = 2, .backoff_max = 3s}};
  BOOST_TEST(r.add({}).size() == 1u);
  auto now = t0;
  for (const auto wait : {1s, 2s, 3s, 3s}) {
    BOOST_TEST(r.ended(0, child_exit::error, now).empty());
    BOOST_REQUIRE(r.due());
    BOOST_TEST((*r.due() == now + wait));
    BOOST_TEST(r.advance(now + wait - 1ns).empty());
    now += wait;
    BOOST_TEST(r.advance(now) == (restart::actions{{what::start, 0}}), boost::test_tools::per_element());
    BOOST_TEST(!r.due());
  }
}

BOOST_AUTO_TEST_CASE(without_a_wait_the_next_restart_is_at_once_however_many_there_were) {
  restart r{{.intensity = 1'000'000, .period = 1h}};
  BOOST_TEST(r.add({}).size() == 1u);
  for (int i = 0; i < 3'000; ++i)
    BOOST_REQUIRE(r.ended(0, child_exit::error, t0) == (restart::actions{{what::start, 0}}));
  BOOST_TEST(!r.due());
}

BOOST_AUTO_TEST_CASE(a_group_starts_together_when_the_last_of_it_has_ended) {
  restart r{{.how = strategy::one_for_all, .intensity = 1}};
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(r.add({child_kind::permanent, 1s}).size() == 1u);
  BOOST_TEST(r.ended(1, child_exit::error, t0) == (restart::actions{{what::stop, 2}}),
             boost::test_tools::per_element());
  // One of them ends by itself before it is its turn: that is no further restart.
  BOOST_TEST(r.ended(0, child_exit::error, t0).empty());
  BOOST_TEST(!r.gave_up());
  BOOST_TEST(r.ended(2, child_exit::shutdown, t0) ==
                 (restart::actions{{what::start, 0}, {what::start, 1}, {what::start, 2}}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_does_not_end_in_its_time_is_killed_and_the_next_one_waits_for_that) {
  restart r{{}};
  BOOST_TEST(r.add({child_kind::permanent, 1s}).size() == 1u);
  BOOST_TEST(r.add({child_kind::permanent, 2s}).size() == 1u);
  BOOST_TEST(r.stop(t0) == (restart::actions{{what::stop, 1}}), boost::test_tools::per_element());
  BOOST_TEST((*r.due() == t0 + 2s));
  BOOST_TEST(r.advance(t0 + 2s) == (restart::actions{{what::kill, 1}}), boost::test_tools::per_element());
  BOOST_TEST((*r.due() == t0 + 4s));
  BOOST_TEST(r.ended(1, child_exit::error, t0 + 3s) == (restart::actions{{what::stop, 0}}),
             boost::test_tools::per_element());
  BOOST_TEST((*r.due() == t0 + 4s));
  BOOST_TEST(r.ended(0, child_exit::shutdown, t0 + 3s) == (restart::actions{{what::ended, 0}}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_does_not_end_when_it_was_killed_either_is_given_up) {
  restart r{{.how = strategy::one_for_all}};
  BOOST_TEST(r.add({child_kind::permanent, 1s}).size() == 1u);
  BOOST_TEST(r.add({child_kind::permanent, 2s}).size() == 1u);
  BOOST_TEST(r.ended(0, child_exit::error, t0) == (restart::actions{{what::stop, 1}}),
             boost::test_tools::per_element());
  BOOST_TEST(r.advance(t0 + 2s) == (restart::actions{{what::kill, 1}}), boost::test_tools::per_element());
  BOOST_TEST(r.advance(t0 + 4s - 1ns).empty());
  BOOST_TEST(r.advance(t0 + 4s) == (restart::actions{{what::abandon, 1}, {what::start, 0}, {what::start, 1}}),
             boost::test_tools::per_element());
  BOOST_TEST(!r.due());
}

BOOST_AUTO_TEST_CASE(a_group_waits_for_the_latest_restart_also_with_those_that_are_on_their_way_out) {
  restart r{{.how = strategy::rest_for_one, .backoff = 10ms, .growth = 2}};
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(r.add({child_kind::permanent, 1s}).size() == 1u);
  BOOST_TEST(r.ended(1, child_exit::error, t0) == (restart::actions{{what::stop, 2}}),
             boost::test_tools::per_element());
  BOOST_TEST(r.ended(0, child_exit::error, t0).empty());
  BOOST_TEST(r.ended(2, child_exit::shutdown, t0).empty());
  BOOST_TEST(r.advance(t0 + 10ms).empty());
  BOOST_TEST(r.advance(t0 + 20ms) == (restart::actions{{what::start, 0}, {what::start, 1}, {what::start, 2}}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(after_a_stop_nothing_starts_any_more) {
  restart r{{.backoff = 1s}};
  BOOST_TEST(r.add({}).size() == 1u);
  BOOST_TEST(r.ended(0, child_exit::error, t0).empty());
  BOOST_TEST(r.stop(t0) == (restart::actions{{what::ended, 0}}), boost::test_tools::per_element());
  BOOST_TEST(r.advance(t0 + 10s).empty());
  BOOST_TEST(r.add({}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
