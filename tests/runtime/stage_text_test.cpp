#include <weir/runtime/engine.hpp>
#include <weir/runtime/pool.hpp>
#include <weir/runtime/stage_text.hpp>
#include <weir/runtime/stream.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

#include "../actors/crew.hpp"
#include "../support/kept_clock.hpp"
#include "embedding_support.hpp"

using namespace weir;
using namespace weir::testing;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(stage_texts)

BOOST_AUTO_TEST_CASE(a_stage_without_jobs_says_what_it_has_done) {
  const auto at = test::make_station({.name = "parse", .capacity = 4});
  const test::crew lanes{at, 2};
  test::offer_all(*at, std::make_shared<test::scripted_block>(0, 4, test::nothing_wrong));
  BOOST_TEST(test::eventually([&] { return at->look().books.completed == 4 && at->look().idle == 2; }));
  BOOST_TEST(state_text(*at) == "stage \"parse\": 0 of 2 workers at work, 0 of 4 slots taken; 4 completed\n");
  test::close(*at);
}

BOOST_AUTO_TEST_CASE(jobs_that_run_are_told_with_their_age_the_oldest_first_and_those_behind_them_counted) {
  manual_clock time;
  gate hold;
  {
    engine on;
    pool<int, int> p{
        on, waits_at(hold), {.name = "fetch", .parallelism = 2, .capacity = 8}, context::background(time)};
    std::vector<ticket<int>> tickets;
    for (int i = 0; i < 5; ++i) {
      tickets.push_back(std::move(*p.try_submit(i)));
      if (i < 2)
        hold.wait_for_arrivals(static_cast<std::uint64_t>(i) + 1);
      time.advance(1500ms);
    }
    BOOST_TEST(on.state_text() ==
               "stage \"fetch\": 2 of 2 workers at work, 3 queued, 5 of 8 slots taken; 0 completed\n"
               "  job 0 has been running for 7.50 s\n"
               "  job 1 has been running for 6.00 s\n");
    hold.open();
    for (auto& t : tickets)
      BOOST_TEST(t.get().completed());
    p.close();
    static_cast<void>(p.drain(hopeless));
    BOOST_TEST(on.state_text() == "no stage is open\n");
  }
}

BOOST_AUTO_TEST_CASE(what_its_threads_wait_for_is_told_too) {
  manual_clock time;
  gate hold;
  engine on;
  pool<int, int> inner{
      on, waits_at(hold), {.name = "inner", .parallelism = 1, .capacity = 4}, context::background(time)};
  pool<int, int> outer{on,
                       [&](const context& ctx, int i) { return *inner.submit(ctx, i)->get().result; },
                       {.name = "outer", .parallelism = 1, .capacity = 4},
                       context::background(time)};
  auto t = outer.try_submit(7);
  hold.wait_for_arrivals(1);
  const auto waits = "  job 0 of \"outer\" waits for job 0 of \"inner\"\n";
  BOOST_TEST(test::eventually([&] { return on.state_text().find(waits) != std::string::npos; }));
  BOOST_TEST(on.state_text() == std::string{"stage \"inner\": 1 of 1 workers at work, 1 of 4 slots taken; 0 "
                                            "completed\n  job 0 has been running for 0 ns\n"
                                            "stage \"outer\": 1 of 1 workers at work, 1 of 4 slots taken; 0 "
                                            "completed\n  job 0 has been running for 0 ns\n"} +
                                    waits);
  hold.open();
  BOOST_TEST(*t->get().result == 7);
}

BOOST_AUTO_TEST_CASE(outcomes_that_nobody_has_taken_are_told) {
  manual_clock time;
  engine on;
  stream<int, int> s{on,
                     [](int i) { return i; },
                     {.name = "rows", .parallelism = 1, .capacity = 4},
                     context::background(time)};
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(static_cast<bool>(s.try_submit(i)));
  BOOST_TEST(test::eventually([&] { return s.look().untaken == 3 && s.look().idle == 1; }));
  BOOST_TEST(on.state_text() ==
             "stage \"rows\": 0 of 1 workers at work, outcomes not taken: 3, 3 of 4 slots taken; 3 "
             "completed\n");
}

BOOST_AUTO_TEST_CASE(no_more_jobs_are_named_than_a_person_reads) {
  gate hold;
  const auto at = test::make_station({.name = "wide", .capacity = 64});
  const auto block = std::make_shared<test::scripted_block>(0, 20, [&](std::uint64_t, lane&) {
    hold.wait();
    return caf::error{};
  });
  {
    const test::crew lanes{at, 20};
    test::offer_all(*at, block);
    hold.wait_for_arrivals(20);
    const auto text = state_text(*at);
    BOOST_TEST(std::ranges::count(text, '\n') == 1 + 16 + 1);
    BOOST_TEST(text.ends_with("  and 4 more\n"));
    hold.open();
    test::close(*at);
    at->wait_for_rest();
  }
}

BOOST_AUTO_TEST_SUITE_END()
