#include <weir/actors/policy/stall.hpp>

#include <boost/test/unit_test.hpp>

using namespace weir::policy;
using namespace std::chrono_literals;

namespace {

constexpr stall::sight idle{};
constexpr stall::sight running{.open = true, .at_work = true};
constexpr stall::sight unattended{.open = true};
constexpr stall::sight backing_off{.open = true, .due = true};

/// Looks at a stage as often as it asks to be looked at.
struct watch {
  explicit watch(std::optional<stall::duration> limit) : state(limit, now) {}

  /// How often a stage that stays like this is reported meanwhile.
  int keep(const stall::sight& s, stall::duration for_long) {
    auto reports = 0;
    for (const auto until = now + for_long; now < until;) {
      now += std::min(state.look_every(), until - now);
      const auto still = state.observe(now, s);
      reports += still ? 1 : 0;
      longest = still.value_or(longest);
    }
    return reports;
  }

  stall::time_point now{1h};
  stall::duration longest{};
  stall state;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(stalls)

BOOST_AUTO_TEST_CASE(a_stage_without_jobs_may_rest_for_ever) {
  BOOST_TEST(watch{std::nullopt}.keep(idle, 24h) == 0);
  BOOST_TEST(watch{30s}.keep(idle, 24h) == 0);
}

BOOST_AUTO_TEST_CASE(without_a_limit_a_job_may_run_as_long_as_it_wants) {
  BOOST_TEST(watch{std::nullopt}.keep(running, 24h) == 0);
}

BOOST_AUTO_TEST_CASE(jobs_that_nobody_is_at_work_for_are_reported_after_ten_seconds_and_once) {
  for (const auto limit : {std::optional<stall::duration>{}, std::optional<stall::duration>{1h}}) {
    watch w{limit};
    BOOST_TEST(w.keep(unattended, 9s) == 0);
    BOOST_TEST(w.keep(unattended, 1s) == 1);
    BOOST_TEST(w.longest.count() == stall::duration{10s}.count());
    BOOST_TEST(w.keep(unattended, 30min) == 0);
  }
}

BOOST_AUTO_TEST_CASE(nobody_at_work_for_a_moment_is_no_stall) {
  watch w{std::nullopt};
  for (int i = 0; i < 100; ++i) {
    BOOST_TEST(w.keep(unattended, 9s) == 0);
    BOOST_TEST(w.keep(running, 1s) == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_limit_is_that_of_the_time_in_which_nothing_moves) {
  watch w{30s};
  auto s = running;
  for (int i = 0; i < 10; ++i) {
    ++s.moves;
    BOOST_TEST(w.keep(s, 29s) == 0);
  }
  ++s.moves;
  // The first look finds that it has moved since the one before.
  BOOST_TEST(w.keep(s, 35s) == 1);
  BOOST_TEST(w.longest.count() == stall::duration{30s}.count());
  BOOST_TEST(w.keep(s, 1h) == 0);
}

BOOST_AUTO_TEST_CASE(each_further_stall_is_reported_again) {
  watch w{30s};
  auto s = running;
  for (int i = 0; i < 5; ++i) {
    ++s.moves;
    BOOST_TEST(w.keep(s, 1min) == 1);
  }
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_for_its_next_attempt_goes_on_by_itself) {
  BOOST_TEST(watch{30s}.keep(backing_off, 24h) == 0);
  BOOST_TEST(watch{std::nullopt}.keep(backing_off, 24h) == 0);
  // What runs beside it has no excuse.
  watch w{30s};
  BOOST_TEST(w.keep({.open = true, .at_work = true, .due = true}, 1min) == 1);
}

BOOST_AUTO_TEST_CASE(a_pause_in_which_nobody_could_look_does_not_count) {
  for (const auto limit : {std::optional<stall::duration>{}, std::optional<stall::duration>{30s}}) {
    watch w{limit};
    BOOST_TEST(w.keep(unattended, 5s) == 0);
    // The process was stopped for an hour.
    w.now += 1h;
    BOOST_TEST(!w.state.observe(w.now, unattended));
    BOOST_TEST(w.keep(unattended, 3s) == 1);
  }
}

BOOST_AUTO_TEST_CASE(it_looks_four_times_in_each_limit_and_in_ten_seconds) {
  BOOST_TEST((watch{4s}.state.look_every() == 1s));
  BOOST_TEST((watch{1h}.state.look_every() == 2500ms));
  BOOST_TEST((watch{std::nullopt}.state.look_every() == 2500ms));
}

BOOST_AUTO_TEST_SUITE_END()
