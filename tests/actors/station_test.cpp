#include <boost/test/unit_test.hpp>

#include <barrier>

#include "crew.hpp"

using namespace weir;
using namespace weir::test;

BOOST_AUTO_TEST_SUITE(station_runs_jobs)

BOOST_AUTO_TEST_CASE(every_job_runs_once_and_has_one_outcome) {
  const auto at = make_station({.capacity = 10'000});
  const auto block = std::make_shared<scripted_block>(0, 10'000, nothing_wrong);
  crew lanes{at, 3};
  offer_all(*at, block);
  close(*at);
  at->wait_for_rest();
  for (std::uint64_t i = 0; i < block->size(); ++i) {
    BOOST_REQUIRE_EQUAL(block->starts(i), 1);
    BOOST_REQUIRE_EQUAL(block->outcomes(i), 1);
  }
  const auto s = at->look();
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.completed == 10'000u);
  BOOST_TEST(s.used == 0u);
  BOOST_TEST(s.queued == 0u);
  BOOST_TEST(!at->stopped_by().has_value());
}

BOOST_AUTO_TEST_CASE(exactly_the_bound_runs_at_once) {
  for (const std::size_t bound : {1u, 10u, 100u}) {
    const auto at = make_station({.capacity = 1'000});
    // The first jobs wait for each other: they end only if as many run at once.
    std::barrier<> all_here{static_cast<std::ptrdiff_t>(bound)};
    const auto block = std::make_shared<scripted_block>(0, 5 * bound, [&](std::uint64_t i, lane&) {
      if (i < bound)
        all_here.arrive_and_wait();
      return caf::error{};
    });
    crew lanes{at, bound};
    offer_all(*at, block);
    close(*at);
    at->wait_for_rest();
    BOOST_TEST(block->peak() == static_cast<int>(bound));
    BOOST_TEST(at->look().peak_running == bound);
    BOOST_TEST(at->look().books.completed == 5 * bound);
  }
}

BOOST_AUTO_TEST_CASE(short_jobs_behind_a_long_one_are_taken_over) {
  const auto at = make_station({.capacity = 100'000});
  crew lanes{at, 2};
  teach_short_jobs(*at);
  // One lane takes them all and is held by the first; the other must run the rest.
  std::latch rest{99};
  const auto block = std::make_shared<scripted_block>(20'000, 100, [&](std::uint64_t i, lane&) {
    if (i == 0)
      rest.wait();
    else
      rest.count_down();
    return caf::error{};
  });
  offer_all(*at, block);
  close(*at);
  at->wait_for_rest();
  BOOST_TEST(block->started() == 100);
  BOOST_TEST(at->look().books.balanced());
}

BOOST_AUTO_TEST_CASE(a_lane_that_sleeps_hears_that_another_took_many_jobs) {
  const auto at = make_station({.capacity = 100'000});
  crew lanes{at, 1};
  teach_short_jobs(*at);
  lanes.resize(2);
  BOOST_REQUIRE(eventually([&] { return at->look().idle == 2; }));
  // One lane is woken and takes both; the first of them waits for the second.
  event second;
  const auto block = std::make_shared<scripted_block>(20'000, 2, [&](std::uint64_t i, lane&) {
    if (i == 0)
      second.wait();
    else
      second.set();
    return caf::error{};
  });
  offer_all(*at, block);
  const auto both_ran = eventually([&] { return at->look().books.ended() == 20'002; });
  BOOST_TEST(both_ran);
  second.set();
}

BOOST_AUTO_TEST_CASE(every_lane_that_sleeps_hears_of_jobs_that_wait_behind_others) {
  const auto at = make_station({.capacity = 100'000});
  crew lanes{at, 1};
  teach_short_jobs(*at);
  lanes.resize(4);
  BOOST_REQUIRE(eventually([&] { return at->look().idle == 4; }));
  // One lane is woken and takes all four; each of them waits for the others.
  std::latch all{4};
  const auto block = std::make_shared<scripted_block>(20'000, 4, [&](std::uint64_t, lane&) {
    all.arrive_and_wait();
    return caf::error{};
  });
  offer_all(*at, block);
  const auto all_ran = eventually([&] { return at->look().books.ended() == 20'004; });
  BOOST_TEST(all_ran);
}

BOOST_AUTO_TEST_CASE(a_gathered_job_is_fetched_by_the_lane_that_comes_for_work) {
  const auto at = make_station({.capacity = 8});
  auto block = std::make_shared<scripted_block>(0, 1, nothing_wrong);
  at->entrance().gather_with([&]() -> job_span {
    if (!block)
      return {};
    return {std::exchange(block, nullptr), 0, 1};
  });
  {
    const auto held = at->entrance().lock();
    BOOST_TEST(!at->entrance().admit(held));
    at->entrance().set_gathering(true);
  }
  crew lanes{at, 1};
  close(*at);
  at->wait_for_rest();
  BOOST_TEST(at->look().books.completed == 1u);
  at->entrance().gather_with({});
}

BOOST_AUTO_TEST_CASE(what_throws_or_fails_is_counted_and_the_first_is_the_root) {
  const auto at = make_station({.capacity = 100});
  const auto block = std::make_shared<scripted_block>(0, 10, [](std::uint64_t i, lane&) {
    return i % 3 == 2 ? make_error(ec::failed, "bad " + std::to_string(i)) : caf::error{};
  });
  offer_all(*at, block);
  close(*at);
  crew lanes{at, 1};
  at->wait_for_rest();
  BOOST_TEST(at->look().books.failed == 3u);
  BOOST_TEST(at->look().books.completed == 7u);
  BOOST_REQUIRE(at->root().has_value());
  BOOST_TEST(at->root()->index == 2u);
  BOOST_TEST(text_of(at->root()->why) == "bad 2");
}

BOOST_AUTO_TEST_CASE(a_job_that_gives_up_because_of_its_context_is_canceled_not_failed) {
  const auto at = make_station({.capacity = 1});
  const auto block = std::make_shared<scripted_block>(0, 1, [](std::uint64_t, lane& on) {
    on.ctx().cancel("enough");
    return on.ctx().error();
  });
  crew lanes{at, 1};
  offer_all(*at, block);
  at->wait_for_rest();
  BOOST_TEST(at->look().books.canceled == 1u);
  BOOST_TEST(at->look().books.failed == 0u);
  BOOST_TEST(!at->root().has_value());
}

BOOST_AUTO_TEST_CASE(jobs_are_destroyed_without_the_lock_of_the_station) {
  // A job's destructor is user code: it may look at its pool, or submit to it.
  struct asking_block final : scripted_block {
    asking_block(std::uint64_t n, station& where, std::atomic<int>& gone)
        : scripted_block(0, n, nothing_wrong), at(where), ends(gone) {}
    ~asking_block() override {
      static_cast<void>(at.look());
      ++ends;
    }
    station& at;
    std::atomic<int>& ends;
  };
  std::atomic<int> ends{0};
  const auto at = make_station({.capacity = 100});
  {
    crew lanes{at, 1};
    offer_all(*at, std::make_shared<asking_block>(5, *at, ends));
    BOOST_TEST(eventually([&] { return ends == 1; }));
  }
  offer_all(*at, std::make_shared<asking_block>(5, *at, ends));
  at->stop({ec::canceled, "test", "it is enough"});
  BOOST_TEST(ends == 2);
  offer_all(*at, std::make_shared<asking_block>(5, *at, ends));
  BOOST_TEST(ends == 3);
  BOOST_TEST(at->look().books.balanced());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(station_collects)

BOOST_AUTO_TEST_CASE(ordered_outcomes_come_in_input_order_whatever_ends_first) {
  const auto at = make_station({.capacity = 100, .collected = true, .ordered = true, .batch_max = 1});
  event second_done;
  const auto block = std::make_shared<scripted_block>(
      0, 2,
      [&](std::uint64_t i, lane&) {
        if (i == 0)
          second_done.wait();
        else
          second_done.set();
        return caf::error{};
      },
      true);
  crew lanes{at, 2};
  offer_all(*at, block);
  close(*at);
  std::vector<std::uint64_t> order;
  std::vector<finished_span> out;
  while (at->collect(out)) {
    for (const auto& s : out)
      for (auto i = s.jobs.first; i < s.jobs.last; ++i)
        order.push_back(i);
    out.clear();
    at->taken(order.size() - (at->look().books.admitted - at->look().used));
  }
  BOOST_TEST(order == (std::vector<std::uint64_t>{0, 1}), boost::test_tools::per_element());
  BOOST_TEST(at->at_rest());
}

BOOST_AUTO_TEST_CASE(a_slot_is_held_until_its_outcome_has_been_taken) {
  const auto at = make_station({.capacity = 1, .collected = true});
  crew lanes{at, 1};
  offer_all(*at, std::make_shared<scripted_block>(0, 1, nothing_wrong, true));
  std::vector<finished_span> out;
  BOOST_TEST(at->collect(out));
  BOOST_TEST(at->look().used == 1u);
  close(*at);
  BOOST_TEST(!at->at_rest());
  at->taken(1);
  BOOST_TEST(at->look().used == 0u);
  BOOST_TEST(at->at_rest());
  BOOST_TEST(!at->collect(out));
}

BOOST_AUTO_TEST_CASE(the_last_outcome_that_is_taken_brings_rest) {
  const auto at = make_station({.capacity = 1, .collected = true});
  crew lanes{at, 1};
  auto rested = false;
  at->on_rest([&] { rested = true; });
  offer_all(*at, std::make_shared<scripted_block>(0, 1, nothing_wrong, true));
  close(*at);
  std::vector<finished_span> out;
  BOOST_TEST(at->collect(out));
  // The lane may look for rest once more before it sleeps; after that only `taken` can.
  BOOST_TEST(eventually([&] { return at->look().idle == 1; }));
  BOOST_TEST(!rested);
  at->taken(1);
  BOOST_TEST(rested);
}

BOOST_AUTO_TEST_CASE(discarded_outcomes_count_as_taken_and_free_their_slots) {
  const auto at = make_station({.capacity = 4, .collected = true});
  crew lanes{at, 1};
  offer_all(*at, std::make_shared<scripted_block>(0, 1, nothing_wrong, true));
  std::vector<finished_span> out;
  BOOST_TEST(at->collect(out));
  offer_all(*at, std::make_shared<scripted_block>(1, 2, nothing_wrong, true));
  // The books count what a lane has passed; its outcomes are there once it has come back.
  BOOST_TEST(eventually([&] { return at->look().books.ended() == 3 && at->look().idle == 1; }));
  at->discard();
  BOOST_TEST(at->look().used == 1u);
  // The one that was handed out before may still be reported, or never.
  at->taken(1);
  BOOST_TEST(at->look().used == 0u);
  offer_all(*at, std::make_shared<scripted_block>(3, 1, nothing_wrong, true));
  close(*at);
  at->wait_for_rest();
  BOOST_TEST(at->look().used == 0u);
  BOOST_TEST(!at->collect(out));
}

BOOST_AUTO_TEST_CASE(whoever_waits_for_rest_is_freed_by_a_discard) {
  const auto at = make_station({.capacity = 4, .collected = true});
  crew lanes{at, 1};
  offer_all(*at, std::make_shared<scripted_block>(0, 3, nothing_wrong, true));
  close(*at);
  BOOST_TEST(eventually([&] { return at->look().books.ended() == 3; }));
  BOOST_TEST(!at->at_rest());
  at->discard();
  at->wait_for_rest();
  BOOST_TEST(at->at_rest());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(station_resizes)

BOOST_AUTO_TEST_CASE(fewer_lanes_end_after_their_job_and_more_start_at_once) {
  const auto at = make_station({.capacity = 1'000});
  std::latch four{4};
  event go;
  const auto first = std::make_shared<scripted_block>(0, 40, [&](std::uint64_t i, lane&) {
    if (i < 4) {
      four.count_down();
      go.wait();
    }
    return caf::error{};
  });
  crew lanes{at, 4};
  offer_all(*at, first);
  four.wait();
  lanes.resize(1);
  go.set();
  BOOST_TEST(eventually([&] { return at->look().books.ended() == 40 && at->look().running == 0; }));
  std::barrier<> three{3};
  const auto second = std::make_shared<scripted_block>(40, 3, [&](std::uint64_t, lane&) {
    three.arrive_and_wait();
    return caf::error{};
  });
  lanes.resize(3);
  offer_all(*at, second);
  close(*at);
  at->wait_for_rest();
  BOOST_TEST(second->peak() == 3);
  BOOST_TEST(at->look().parallelism == 3u);
}

BOOST_AUTO_TEST_CASE(a_lane_that_could_not_start_leaves_the_others) {
  const auto at = make_station({.capacity = 10});
  BOOST_TEST(at->resize(2) == 2u);
  BOOST_TEST(at->lane_missing() == 1u);
  std::thread lane_thread{[&] { at->serve(); }};
  offer_all(*at, std::make_shared<scripted_block>(0, 10, nothing_wrong));
  close(*at);
  at->wait_for_rest();
  at->retire();
  lane_thread.join();
}

BOOST_AUTO_TEST_CASE(a_lane_that_could_not_start_is_no_reason_to_retire_the_last_one) {
  const auto at = make_station({.capacity = 10});
  BOOST_TEST(at->resize(3) == 3u);
  BOOST_TEST(at->resize(1) == 0u);
  // Two of the three could not be started, which is heard of only now.
  BOOST_TEST(at->lane_missing() == 2u);
  BOOST_TEST(at->lane_missing() == 1u);
  BOOST_TEST(at->look().parallelism == 1u);
  BOOST_TEST(at->resize(1) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
