#include <weir/runtime/testing/explore.hpp>
#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/event_based_actor.hpp>

#include <chrono>
#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;
using weir::testing::world;

BOOST_AUTO_TEST_CASE(two_threads_that_add_without_a_lock_lose_one_of_the_additions) {
  const auto seen = weir::testing::explore({}, [](world& w) {
    int sum = 0;
    const auto add = [&] {
      const auto before = sum;
      weir::sync::interleave();
      sum = before + 1;
    };
    auto a = w.spawn("a", add);
    auto b = w.spawn("b", add);
    a.join();
    b.join();
    w.check(sum == 2, "the sum is not 2");
  });
  BOOST_TEST(seen.failure == "the sum is not 2");
  // The one choice that matters: one of them is held up between the look and the store.
  BOOST_TEST(seen.story.size() <= 4u, seen.text());
}

BOOST_AUTO_TEST_CASE(the_same_seeds_and_the_same_choices_are_the_same_run) {
  const auto body = [](world& w) {
    weir::engine engine{w.system()};
    weir::stream<int, int> stream{engine,
                                  [&](int x) { return w.sleep(std::chrono::milliseconds{w.choose(5)}), x; },
                                  {.parallelism = 2, .capacity = 8}};
    for (int i = 0; i < 5; ++i)
      static_cast<void>(stream.submit(weir::context::background(), i));
    stream.close();
    std::uint64_t sum = 0;
    while (const auto o = stream.next())
      sum = 2 * sum + static_cast<std::uint64_t>(*o->result);
    w.check(w.choose(50) != 49, "by chance");
  };
  const auto first = weir::testing::explore({.schedules = 100}, body);
  const auto second = weir::testing::explore({.schedules = 100}, body);
  BOOST_TEST(first.hash == second.hash);
  BOOST_TEST(first.steps == second.steps);
  BOOST_TEST(weir::testing::explore({.first_seed = 1'000, .schedules = 5}, body).hash != first.hash);
  BOOST_REQUIRE(!first.ok());
  BOOST_TEST(first.text() == second.text());
  const auto again = weir::testing::replay({}, first.choices, body);
  BOOST_TEST(again.failure == first.failure);
  BOOST_TEST(again.story == first.story, boost::test_tools::per_element());
  // With benign choices alone nothing fails.
  const auto benign = weir::testing::replay({}, {}, body);
  BOOST_TEST(benign.ok(), benign.text());
}

BOOST_AUTO_TEST_CASE(what_is_left_to_chance_otherwise_is_noticed) {
  int runs = 0;
  const auto seen = weir::testing::explore({.schedules = 100}, [&](world& w) {
    w.sleep(std::chrono::milliseconds{++runs});
    w.check(runs < 3, "the third run fails");
  });
  BOOST_TEST(seen.failure.find("left to chance") != std::string::npos, seen.failure);
}

BOOST_AUTO_TEST_CASE(what_can_t_be_explored_is_refused) {
  const auto nothing = [](world&) {};
  BOOST_CHECK_THROW(static_cast<void>(weir::testing::explore({.schedules = 0}, nothing)),
                    std::invalid_argument);
  BOOST_CHECK_THROW(static_cast<void>(weir::testing::explore({.message_threads = 0}, nothing)),
                    std::invalid_argument);
  BOOST_CHECK_THROW(static_cast<void>(weir::testing::explore({.steps_max = 0}, nothing)),
                    std::invalid_argument);
  BOOST_CHECK_THROW(static_cast<void>(weir::testing::explore({}, {})), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(what_is_not_of_the_simulation_is_told_so) {
  const auto seen = weir::testing::explore({.schedules = 1}, [](world& w) {
    BOOST_CHECK_THROW(weir::engine{}, std::logic_error);
    std::thread{[&] { BOOST_CHECK_THROW(w.sleep(1ms), std::logic_error); }}.join();
  });
  BOOST_TEST(seen.ok(), seen.text());
}

BOOST_AUTO_TEST_CASE(a_run_without_an_end_is_a_failure) {
  const auto seen = weir::testing::explore({.schedules = 1, .steps_max = 500}, [](world& w) {
    for (;;)
      w.sleep(1ms);
  });
  BOOST_TEST(seen.failure == "it goes on for more than 500 steps");
}

BOOST_AUTO_TEST_CASE(an_actor_that_is_left_is_a_failure) {
  const auto seen = weir::testing::explore({.schedules = 1}, [](world& w) {
    static caf::actor left;
    left = w.system().spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int) {}}; });
  });
  BOOST_TEST(seen.failure == "actors are left: 1");
}

BOOST_AUTO_TEST_CASE(two_locks_in_two_orders_are_a_deadlock) {
  const auto seen = weir::testing::explore({}, [](world& w) {
    weir::sync::mutex x, y;
    auto a = w.spawn("a", [&] {
      std::lock_guard first{x};
      std::lock_guard second{y};
    });
    auto b = w.spawn("b", [&] {
      std::lock_guard first{y};
      std::lock_guard second{x};
    });
    a.join();
    b.join();
  });
  BOOST_TEST(seen.failure.find("nobody goes on any more: ") == 0u, seen.failure);
}

BOOST_AUTO_TEST_CASE(a_pool_runs_all) {
  const auto seen = weir::testing::explore({.schedules = 2000}, [](world& w) {
    weir::engine engine{w.system()};
    const auto ctx = weir::context::background();
    weir::pool<int, int> pool{
        engine, [&](int x) { return w.sleep(1ms), x * x; }, {.parallelism = 2, .capacity = 4}};
    int sum = 0;
    std::vector<weir::ticket<int>> tickets;
    for (int i = 0; i < 6; ++i)
      tickets.push_back(std::move(*pool.submit(ctx, i)));
    for (auto& t : tickets)
      sum += *t.get().result;
    w.check(sum == 55, "the sum is not 55");
  });
  BOOST_TEST(seen.ok(), seen.text());
  BOOST_TEST(seen.schedules == 2000u);
}
