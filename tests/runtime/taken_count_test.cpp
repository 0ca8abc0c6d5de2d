#include <weir/runtime/taken_count.hpp>

#include <boost/test/unit_test.hpp>

#include "../actors/crew.hpp"

using namespace weir;

namespace {

constexpr auto batch = detail::taken_count::batch;

/// A station whose slots are all taken, and a receiver that takes the outcomes.
struct full_station {
  explicit full_station(std::uint64_t capacity)
      : at(test::make_station({.capacity = capacity, .collected = true})) {
    at->entrance().admit_all(capacity);
  }

  void take(std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i)
      taken.add_one(*at);
  }

  [[nodiscard]] std::uint64_t given_back() const {
    const auto s = at->look();
    return s.capacity - s.used;
  }

  std::shared_ptr<station> at;
  detail::taken_count taken;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(taken_counts)

BOOST_AUTO_TEST_CASE(slots_are_given_back_a_batch_at_a_time_while_nobody_asks) {
  full_station s{1'000};
  s.take(batch - 1);
  BOOST_TEST(s.given_back() == 0u);
  s.take(1);
  BOOST_TEST(s.given_back() == batch);
  s.take(batch - 1);
  BOOST_TEST(s.given_back() == batch);
  s.take(1);
  BOOST_TEST(s.given_back() == 2 * batch);
}

BOOST_AUTO_TEST_CASE(who_asks_gets_every_slot_that_was_counted_and_none_twice) {
  full_station s{1'000};
  s.taken.give_back(*s.at);
  BOOST_TEST(s.given_back() == 0u);
  s.take(10);
  s.taken.give_back(*s.at);
  BOOST_TEST(s.given_back() == 10u);
  s.taken.give_back(*s.at);
  BOOST_TEST(s.given_back() == 10u);
}

BOOST_AUTO_TEST_CASE(what_was_given_back_on_demand_is_no_part_of_the_next_batch) {
  full_station s{1'000};
  s.take(10);
  s.taken.give_back(*s.at);
  s.take(batch - 10);
  BOOST_TEST(s.given_back() == batch);
}

BOOST_AUTO_TEST_CASE(each_slot_is_given_back_once_whoever_asks_meanwhile) {
  constexpr std::uint64_t n = 1'000'000;
  full_station s{n};
  std::atomic<bool> over{false};
  std::latch start{3};
  std::vector<std::thread> askers;
  for (int t = 0; t < 2; ++t)
    askers.emplace_back([&] {
      start.arrive_and_wait();
      while (!over)
        s.taken.give_back(*s.at);
    });
  start.arrive_and_wait();
  s.take(n);
  over = true;
  for (auto& t : askers)
    t.join();
  s.taken.give_back(*s.at);
  BOOST_TEST(s.given_back() == n);
}

BOOST_AUTO_TEST_CASE(the_last_slot_that_is_given_back_brings_rest) {
  const auto at = test::make_station({.capacity = 3, .collected = true});
  detail::taken_count taken;
  auto rested = false;
  at->on_rest([&] { rested = true; });
  test::offer_all(*at, std::make_shared<test::scripted_block>(0, 3, test::nothing_wrong, true));
  at->stop({ec::canceled, "test", "enough"});
  std::vector<finished_span> out;
  BOOST_TEST(at->collect(out));
  for (int i = 0; i < 3; ++i)
    taken.add_one(*at);
  BOOST_TEST(!rested);
  taken.give_back(*at);
  BOOST_TEST(rested);
}

BOOST_AUTO_TEST_SUITE_END()
