#include <weir/actors/policy/shutdown.hpp>

#include <boost/test/unit_test.hpp>

using namespace weir::policy;
using namespace std::chrono_literals;

namespace {

using action = shutdown::action;
using phase = shutdown::phase;

constexpr shutdown::time_point t0{1'000s};

}  // namespace

BOOST_AUTO_TEST_SUITE(the_way_down)

BOOST_AUTO_TEST_CASE(nothing_happens_before_it_begins) {
  shutdown s;
  BOOST_TEST((s.current() == phase::running));
  BOOST_TEST((s.advance(t0, true) == action::nothing));
  BOOST_TEST((s.current() == phase::running));
  BOOST_TEST(!s.due().has_value());
}

BOOST_AUTO_TEST_CASE(work_that_drains_in_time_is_never_canceled) {
  shutdown s;
  BOOST_TEST((s.begin(t0, 4s) == action::close));
  BOOST_TEST((s.current() == phase::drain));
  BOOST_TEST((s.advance(t0 + 1s, false) == action::nothing));
  BOOST_TEST((s.advance(t0 + 2s, true) == action::finish));
  BOOST_TEST((s.current() == phase::rest));
  BOOST_TEST(!s.due().has_value());
  BOOST_TEST((s.advance(t0 + 9s, false) == action::nothing));
}

BOOST_AUTO_TEST_CASE(with_a_budget_without_an_end_nothing_is_ever_due) {
  for (const auto begin : {shutdown::time_point{}, t0}) {
    shutdown s;
    BOOST_TEST((s.begin(begin, shutdown::duration::max()) == action::close));
    BOOST_TEST((s.due() == shutdown::time_point::max()));
  }
}

BOOST_AUTO_TEST_CASE(drain_then_cancel_then_kill_share_one_budget) {
  shutdown s;
  s.begin(t0, 4s);
  BOOST_TEST((*s.due() == t0 + 3s));
  BOOST_TEST((s.advance(t0 + 3s - 1ns, false) == action::nothing));
  BOOST_TEST((s.advance(t0 + 3s, false) == action::cancel));
  BOOST_TEST((s.current() == phase::cancel));
  BOOST_TEST((*s.due() <= t0 + 4s));
  const auto kill = *s.due();
  BOOST_TEST((s.advance(kill - 1ns, false) == action::nothing));
  BOOST_TEST((s.advance(kill, false) == action::abandon));
  BOOST_TEST((kill == t0 + 3'750ms));
  BOOST_TEST((s.current() == phase::hand_over));
  BOOST_TEST((*s.due() == t0 + 4s));
  BOOST_TEST((s.advance(t0 + 4s - 1ns, false) == action::nothing));
  BOOST_TEST((s.advance(t0 + 4s, false) == action::leave));
  BOOST_TEST(!s.due().has_value());
}

BOOST_AUTO_TEST_CASE(a_receiver_that_takes_the_rest_is_not_written_off) {
  shutdown s;
  s.begin(t0, 4s);
  static_cast<void>(s.advance(t0 + 3s, false));
  static_cast<void>(s.advance(t0 + 3'750ms, false));
  BOOST_TEST((s.advance(t0 + 3'760ms, true) == action::finish));
}

BOOST_AUTO_TEST_CASE(what_comes_to_rest_while_it_is_canceled_is_not_written_off) {
  shutdown s;
  s.begin(t0, 4s);
  BOOST_TEST((s.advance(t0 + 3s, false) == action::cancel));
  BOOST_TEST((s.advance(t0 + 3s + 1ms, true) == action::finish));
}

BOOST_AUTO_TEST_CASE(the_cancel_phase_takes_two_seconds_at_most) {
  shutdown s;
  s.begin(t0, 60s);
  BOOST_TEST((*s.due() == t0 + 58s));
}

BOOST_AUTO_TEST_CASE(a_budget_of_nothing_cancels_at_once) {
  shutdown s;
  s.begin(t0, 0s);
  BOOST_TEST((s.advance(t0, false) == action::cancel));
  BOOST_TEST((s.advance(t0, false) == action::abandon));
  // A receiver that works gets the moment that it needs.
  BOOST_TEST((s.advance(t0 + shutdown::hand_over_min - 1ns, false) == action::nothing));
  BOOST_TEST((s.advance(t0 + shutdown::hand_over_min, false) == action::leave));
  BOOST_TEST((s.current() == phase::rest));
}

BOOST_AUTO_TEST_CASE(an_endless_budget_waits_for_ever) {
  shutdown s;
  s.begin(t0, shutdown::duration::max());
  BOOST_TEST((*s.due() == shutdown::time_point::max()));
  BOOST_TEST((s.advance(t0 + 24h * 365, false) == action::nothing));
  BOOST_TEST((s.advance(t0 + 24h * 365, true) == action::finish));
}

BOOST_AUTO_TEST_CASE(a_later_call_only_shortens_the_time_that_is_left) {
  shutdown s;
  s.begin(t0, shutdown::duration::max());
  BOOST_TEST((s.begin(t0 + 1s, 4s) == action::nothing));
  BOOST_TEST((*s.due() == t0 + 4s));
  BOOST_TEST((s.begin(t0 + 1s, 400s) == action::nothing));
  BOOST_TEST((*s.due() == t0 + 4s));
}

BOOST_AUTO_TEST_CASE(a_second_call_of_nothing_ends_at_once_in_any_phase) {
  shutdown draining;
  draining.begin(t0, 4s);
  draining.begin(t0 + 1s, 0s);
  BOOST_TEST((draining.advance(t0 + 1s, false) == action::cancel));
  BOOST_TEST((draining.advance(t0 + 1s, false) == action::abandon));
  shutdown canceling;
  canceling.begin(t0, 4s);
  BOOST_TEST((canceling.advance(t0 + 3s, false) == action::cancel));
  canceling.begin(t0 + 3s, 0s);
  BOOST_TEST((canceling.advance(t0 + 3s, false) == action::abandon));
}

BOOST_AUTO_TEST_CASE(begin_at_rest_starts_nothing_again) {
  shutdown s;
  s.begin(t0, 4s);
  BOOST_TEST((s.advance(t0, true) == action::finish));
  BOOST_TEST((s.begin(t0 + 1s, 4s) == action::nothing));
  BOOST_TEST((s.advance(t0 + 9s, false) == action::nothing));
}

BOOST_AUTO_TEST_SUITE_END()
