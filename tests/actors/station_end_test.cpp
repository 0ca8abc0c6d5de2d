#include <boost/test/unit_test.hpp>

#include "two_held_lanes.hpp"

using namespace weir;
using namespace weir::test;

BOOST_AUTO_TEST_SUITE(station_stops)

BOOST_AUTO_TEST_CASE(nothing_starts_after_a_cancel) {
  const auto at = make_station({.capacity = 100'000});
  two_held_lanes held{at};
  at->ctx().cancel("enough");
  // This lane comes for work while the other still holds jobs that have not started.
  held.release[1].set();
  BOOST_TEST(eventually([&] { return at->look().running == 1 || held.started > 2; }));
  held.release[0].set();
  at->wait_for_rest();
  BOOST_TEST(held.started == 2u);
  const auto books = at->look().books;
  BOOST_TEST(books.balanced());
  BOOST_TEST(books.canceled == 98u);
  BOOST_TEST(books.completed == 20'002u);
}

BOOST_AUTO_TEST_CASE(what_waits_behind_a_running_job_is_canceled_at_once) {
  const auto at = make_station({.capacity = 100'000});
  two_held_lanes held{at};
  at->ctx().cancel("enough");
  BOOST_TEST(at->look().books.canceled == 98u);
  BOOST_TEST(at->running().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_stop_leaves_the_context_alone) {
  const auto at = make_station({.capacity = 10});
  offer_all(*at, std::make_shared<scripted_block>(0, 10, nothing_wrong));
  at->stop({ec::canceled, "test", "soon"});
  BOOST_TEST(!at->ctx().canceled());
  BOOST_TEST(at->at_rest());
  BOOST_TEST(at->look().books.canceled == 10u);
  BOOST_TEST(at->stopped_by()->why == "soon");
}

BOOST_AUTO_TEST_CASE(a_job_that_was_admitted_before_and_offered_after_a_stop_is_canceled) {
  const auto at = make_station({.capacity = 10});
  const auto block = std::make_shared<scripted_block>(0, 1, nothing_wrong);
  at->entrance().admit_all(1);
  at->stop({ec::canceled, "test", "now"});
  BOOST_TEST(!at->at_rest());
  at->offer({block, 0, 1});
  BOOST_TEST(at->at_rest());
  BOOST_TEST(block->cancels(0) == 1);
}

BOOST_AUTO_TEST_CASE(the_door_refuses_with_the_cause_after_a_cancel) {
  const auto at = make_station({.capacity = 10});
  at->ctx().cancel({ec::canceled, "signal", "SIGINT"});
  const auto held = at->entrance().lock();
  const auto why = at->entrance().admit(held);
  BOOST_TEST(is(why, ec::canceled));
  BOOST_TEST(text_of(why) == "SIGINT (signal)");
}

BOOST_AUTO_TEST_CASE(the_first_cause_stays) {
  const auto at = make_station({.capacity = 10});
  at->entrance().admit_all(1);
  at->stop({ec::canceled, "a", "first"});
  at->stop({ec::canceled, "b", "second"});
  BOOST_TEST(at->stopped_by()->why == "first");
}

BOOST_AUTO_TEST_CASE(a_cancel_after_rest_is_not_why_the_run_ended) {
  const auto at = make_station({.capacity = 10});
  close(*at);
  BOOST_TEST(at->at_rest());
  at->ctx().cancel("too late");
  BOOST_TEST(!at->stopped_by().has_value());
}

BOOST_AUTO_TEST_CASE(a_station_of_a_canceled_parent_starts_nothing) {
  const auto parent = context::with_cancel(context::background());
  parent.cancel("before");
  const auto at = make_station({.capacity = 10}, parent);
  crew lanes{at, 1};
  const auto block = std::make_shared<scripted_block>(0, 5, nothing_wrong);
  offer_all(*at, block);
  at->wait_for_rest();
  BOOST_TEST(block->started() == 0);
  BOOST_TEST(at->look().books.canceled == 5u);
}

BOOST_AUTO_TEST_CASE(an_admission_that_is_taken_back_after_the_end_of_input_may_be_all_that_rest_waited_for) {
  const auto by_close = [](station& at) { close(at); };
  const auto by_cancel = [](station& at) { at.ctx().cancel("enough"); };
  for (const std::function<void(station&)>& end : {std::function{by_close}, std::function{by_cancel}}) {
    const auto at = make_station({.capacity = 2});
    auto rested = false;
    at->on_rest([&] { rested = true; });
    at->entrance().admit_all(2);
    end(*at);
    // One has been taken back; the other may still come.
    at->entrance().undo(at->entrance().lock());
    at->look_for_rest();
    BOOST_TEST(!rested);
    at->entrance().undo(at->entrance().lock());
    at->look_for_rest();
    BOOST_TEST(rested);
    BOOST_TEST(at->look().books.balanced());
  }
}

BOOST_AUTO_TEST_CASE(a_cancel_that_ends_the_last_job_before_the_station_hears_of_it_is_why_the_run_ended) {
  const auto at = make_station({.capacity = 1});
  std::optional<context> given;
  event started;
  event told;
  crew lanes{at, 1};
  offer_all(*at, std::make_shared<scripted_block>(0, 1, [&](std::uint64_t, lane& on) {
    given = on.ctx();
    started.set();
    told.wait();
    return on.ctx().error();
  }));
  close(*at);
  started.wait();
  // What was asked for last is told first: before the station, which is at rest when its turn comes.
  const auto watch = given->on_cancel([&] {
    told.set();
    at->wait_for_rest();
  });
  given->cancel({ec::canceled, "job", "enough"});
  BOOST_TEST(at->look().books.canceled == 1u);
  BOOST_REQUIRE(at->stopped_by().has_value());
  BOOST_TEST(at->stopped_by()->who == "job");
  BOOST_TEST(at->stopped_by()->why == "enough");
}

BOOST_AUTO_TEST_CASE(rest_is_told_once_and_to_who_asks_late) {
  const auto at = make_station({.capacity = 10});
  auto calls = 0;
  at->on_rest([&] { ++calls; });
  BOOST_TEST(calls == 0);
  close(*at);
  BOOST_TEST(calls == 1);
  close(*at);
  at->stop({ec::canceled, "test", "again"});
  BOOST_TEST(calls == 1);
  at->on_rest([&] { ++calls; });
  BOOST_TEST(calls == 2);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(station_halts)

BOOST_AUTO_TEST_CASE(fail_fast_cancels_the_rest_with_the_failure_as_its_cause) {
  const auto at = make_station({.capacity = 100, .halt = policy::fail_fast});
  const auto block = std::make_shared<scripted_block>(
      0, 10, [](std::uint64_t i, lane&) { return i == 2 ? make_error(ec::failed, "bad") : caf::error{}; });
  offer_all(*at, block);
  close(*at);
  crew lanes{at, 1};
  at->wait_for_rest();
  const auto books = at->look().books;
  BOOST_TEST(books.completed == 2u);
  BOOST_TEST(books.failed == 1u);
  BOOST_TEST(books.canceled == 7u);
  BOOST_TEST(at->ctx().canceled());
  BOOST_TEST(at->stopped_by()->who == "halt");
  BOOST_TEST(at->stopped_by()->why == "rule \"now,fail=1\", job 2 failed: bad");
}

BOOST_AUTO_TEST_CASE(a_count_of_done_jobs_is_met_exactly) {
  const auto at = make_station({.capacity = 1'000, .halt = *policy::halt_rule::parse("soon,done=7")});
  const auto block = std::make_shared<scripted_block>(0, 1'000, nothing_wrong);
  offer_all(*at, block);
  close(*at);
  crew lanes{at, 1};
  at->wait_for_rest();
  BOOST_TEST(at->look().books.completed == 7u);
  BOOST_TEST(at->look().books.canceled == 993u);
  BOOST_TEST(!at->ctx().canceled());
}

BOOST_AUTO_TEST_CASE(
    after_the_failure_that_meets_the_rule_no_lane_starts_a_job_though_its_cancel_is_held_up) {
  const auto at = make_station({.capacity = 100, .halt = policy::fail_fast});
  event canceling;
  event goes_on;
  // Called before the station hears of the cancel.
  const auto holds_up = at->ctx().on_cancel([&] {
    canceling.set();
    goes_on.wait();
  });
  const auto block = std::make_shared<scripted_block>(0, 10, [&](std::uint64_t i, lane&) {
    if (i == 0)
      return make_error(ec::failed, "bad");
    canceling.wait();
    return caf::error{};
  });
  const crew lanes{at, 2};
  offer_all(*at, block);
  BOOST_TEST(eventually([&] { return at->look().books.ended() == 10; }));
  BOOST_TEST(block->started() <= 2);
  BOOST_TEST(at->look().books.canceled >= 8u);
  goes_on.set();
  close(*at);
  at->wait_for_rest();
}

BOOST_AUTO_TEST_CASE(a_rule_that_is_not_reached_changes_nothing) {
  const auto at = make_station({.capacity = 100, .halt = *policy::halt_rule::parse("now,fail=3")});
  const auto block = std::make_shared<scripted_block>(
      0, 10, [](std::uint64_t i, lane&) { return i < 2 ? make_error(ec::failed, "bad") : caf::error{}; });
  offer_all(*at, block);
  close(*at);
  crew lanes{at, 1};
  at->wait_for_rest();
  BOOST_TEST(at->look().books.completed == 8u);
  BOOST_TEST(!at->stopped_by().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
