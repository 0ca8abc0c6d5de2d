#include <boost/test/unit_test.hpp>

#include "crew.hpp"

using namespace weir;
using namespace weir::test;

namespace {

/// Two lanes that each hold a long span and are held by its first job: the jobs 0 and 50 of 100.
struct two_held_lanes {
  explicit two_held_lanes(const std::shared_ptr<station>& where) : at(where), lanes(where, 2) {
    teach_short_jobs(*at);
    block = std::make_shared<scripted_block>(20'000, 100, [this](std::uint64_t i, lane&) {
      const auto place = started.fetch_add(1);
      if (place > 1)
        return caf::error{};
      job[place] = i;
      both.count_down();
      release[place].wait();
      return caf::error{};
    });
    offer_all(*at, block);
    both.wait();
  }
  ~two_held_lanes() {
    release[0].set();
    release[1].set();
  }

  std::shared_ptr<station> at;
  std::shared_ptr<scripted_block> block;
  std::atomic<std::size_t> started{0};
  std::uint64_t job[2] = {};
  std::latch both{2};
  event release[2];
  crew lanes;
};

}  // namespace

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

BOOST_AUTO_TEST_SUITE(station_writes_off)

BOOST_AUTO_TEST_CASE(what_still_runs_is_named_and_ends_canceled) {
  const auto at = make_station({.name = "s", .capacity = 100'000});
  two_held_lanes held{at};
  at->ctx().cancel("enough");
  auto names = at->abandon();
  BOOST_REQUIRE(names.size() == 2u);
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  const auto [low, high] = std::minmax(held.job[0], held.job[1]);
  BOOST_TEST(names[0].index == 20'000 + low);
  BOOST_TEST(names[1].index == 20'000 + high);
  BOOST_TEST(at->at_rest());
  const auto s = at->look();
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.canceled == 100u);
  BOOST_TEST(s.abandoned == 2u);
  BOOST_TEST(s.running == 0u);
  held.release[0].set();
  held.release[1].set();
  held.lanes.join();
  // What they returned is dropped.
  BOOST_TEST((at->look().books == s.books));
  BOOST_TEST(held.started == 2u);
}

BOOST_AUTO_TEST_CASE(a_job_that_has_filed_its_failure_before_it_is_written_off_is_canceled_only) {
  const auto at = make_station({.capacity = 100'000});
  event filed;
  event release;
  // Hangs between the report of its failure and the next job, as a block that hands over may.
  struct hanging_block final : job_block {
    hanging_block(event& f, event& r) : job_block(20'000), has_filed(f), go_on(r) {}
    std::uint64_t run(std::uint64_t first, lane& on) noexcept override {
      auto i = first;
      for (; on.may_start(i); ++i) {
        on.ended_with(i, make_error(ec::failed, "bad"));
        if (i == 2) {
          has_filed.set();
          go_on.wait();
        }
      }
      return i;
    }
    event& has_filed;
    event& go_on;
  };
  crew lanes{at, 1};
  teach_short_jobs(*at);
  at->entrance().admit_all(4);
  at->offer({std::make_shared<hanging_block>(filed, release), 0, 4});
  close(*at);
  filed.wait();
  at->ctx().cancel("enough");
  BOOST_TEST(at->abandon().size() == 1u);
  const auto books = at->look().books;
  BOOST_TEST(books.balanced());
  BOOST_TEST(books.failed == 2u);
  BOOST_TEST(books.completed == 20'000u);
  BOOST_TEST(books.canceled == 2u);
  release.set();
}

BOOST_AUTO_TEST_CASE(whoever_writes_off_need_not_have_stopped_before) {
  const auto at = make_station({.capacity = 10});
  event started;
  event release;
  crew lanes{at, 1};
  offer_all(*at, std::make_shared<scripted_block>(0, 2, [&](std::uint64_t, lane&) {
    started.set();
    release.wait();
    return caf::error{};
  }));
  started.wait();
  const auto names = at->abandon();
  BOOST_TEST(names.size() == 1u);
  BOOST_TEST(at->look().books.canceled == 2u);
  BOOST_TEST(at->at_rest());
  release.set();
}

BOOST_AUTO_TEST_CASE(a_job_that_hangs_in_its_hand_over_is_named_not_the_one_behind_it) {
  const auto at = make_station({.capacity = 10});
  event passed;
  event release;
  struct hanging_block final : job_block {
    hanging_block(event& f, event& r) : job_block(0), has_passed(f), go_on(r) {}
    std::uint64_t run(std::uint64_t first, lane& on) noexcept override {
      for (; on.may_start(first); ++first) {
        on.passed(first);
        has_passed.set();
        go_on.wait();
      }
      return first;
    }
    event& has_passed;
    event& go_on;
  };
  crew lanes{at, 1};
  at->entrance().admit_all(1);
  at->offer({std::make_shared<hanging_block>(passed, release), 0, 1});
  close(*at);
  passed.wait();
  const auto seen = at->running();
  BOOST_REQUIRE(seen.size() == 1u);
  BOOST_TEST(seen[0].index == 0u);
  const auto names = at->abandon();
  BOOST_REQUIRE(names.size() == 1u);
  BOOST_TEST(names[0].index == 0u);
  BOOST_TEST(at->look().books.completed == 1u);
  BOOST_TEST(at->look().books.balanced());
  release.set();
}

BOOST_AUTO_TEST_CASE(rest_without_a_lane_waits_for_the_lanes_that_were_written_off) {
  const auto at = make_station({.capacity = 10});
  event started;
  event release;
  std::atomic<bool> over{false};
  crew lanes{at, 1};
  offer_all(*at, std::make_shared<scripted_block>(0, 1, [&](std::uint64_t, lane&) {
    started.set();
    release.wait();
    over = true;
    return caf::error{};
  }));
  started.wait();
  static_cast<void>(at->abandon());
  BOOST_TEST(at->at_rest());
  std::thread releaser{[&] { release.set(); }};
  at->wait_for_lost_lanes();
  BOOST_TEST(over);
  releaser.join();
}

BOOST_AUTO_TEST_SUITE_END()
