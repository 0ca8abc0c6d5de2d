#include <weir/actors/policy/fan_in.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "random.hpp"

using namespace weir::policy;

namespace {

using numbers = std::vector<int>;

numbers take(fan_in<int>& f) {
  numbers out;
  f.take(out);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(outcomes_come_together)

BOOST_AUTO_TEST_CASE(in_input_order_the_early_wait_for_the_late) {
  fan_in<int> f{true};
  f.add(2, 2, 22);
  BOOST_TEST(!f.ready());
  BOOST_TEST(take(f).empty());
  f.add(4, 1, 44);
  BOOST_TEST(f.held() == 3u);
  f.add(0, 2, 11);
  BOOST_TEST(f.ready());
  BOOST_TEST(take(f) == (numbers{11, 22, 44}), boost::test_tools::per_element());
  BOOST_TEST(f.held() == 0u);
  BOOST_TEST(!f.ready());
}

BOOST_AUTO_TEST_CASE(only_what_is_in_order_so_far_is_released) {
  fan_in<int> f{true};
  f.add(3, 1, 3);
  f.add(1, 1, 1);
  f.add(0, 1, 0);
  BOOST_TEST(take(f) == (numbers{0, 1}), boost::test_tools::per_element());
  BOOST_TEST(f.held() == 1u);
  f.add(2, 1, 2);
  BOOST_TEST(take(f) == (numbers{2, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_order_outcomes_pass_as_they_end) {
  fan_in<int> f{false};
  f.add(2, 2, 22);
  f.add(0, 2, 11);
  BOOST_TEST(take(f) == (numbers{22, 11}), boost::test_tools::per_element());
  BOOST_TEST(f.held() == 0u);
}

BOOST_AUTO_TEST_CASE(taking_appends_to_what_is_there) {
  fan_in<int> f{true};
  numbers out{7};
  f.add(0, 1, 8);
  f.take(out);
  BOOST_TEST(out == (numbers{7, 8}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(at_random_each_piece_comes_once_in_order_and_the_buffer_holds_no_more_than_the_slots) {
  weir::test::seeded random;
  for (int round = 0; round < 300; ++round) {
    // Pieces of 1 to 4 jobs, admitted in order while there are slots, ending in any order.
    const auto capacity = random.between(4, 40);
    const auto ordered = !random.one_in(4);
    fan_in<int> f{ordered};
    std::vector<std::pair<std::uint64_t, std::uint64_t>> inside;
    std::uint64_t next = 0;
    std::uint64_t used = 0;
    std::vector<std::uint64_t> sizes;
    std::vector<std::uint64_t> starts;
    numbers out;
    numbers added;
    std::uint64_t taken = 0;
    for (int step = 0; step < 300; ++step) {
      if (const auto size = random.between(1, 4); !random.one_in(3) && used + size <= capacity) {
        inside.emplace_back(next, sizes.size());
        sizes.push_back(size);
        starts.push_back(next);
        next += size;
        used += size;
      } else if (!inside.empty()) {
        const auto at = static_cast<std::ptrdiff_t>(random.below(inside.size()));
        const auto [sequence, id] = inside[static_cast<std::size_t>(at)];
        inside.erase(inside.begin() + at);
        f.add(sequence, sizes[id], static_cast<int>(id));
        added.push_back(static_cast<int>(id));
      }
      BOOST_REQUIRE_LE(f.held(), used);
      BOOST_REQUIRE_LE(f.held(), capacity);
      if (random.one_in(3)) {
        f.take(out);
        std::uint64_t all = 0;
        for (const auto id : out)
          all += sizes[static_cast<std::size_t>(id)];
        used -= all - taken;
        taken = all;
      }
    }
    for (const auto& [sequence, id] : inside) {
      f.add(sequence, sizes[id], static_cast<int>(id));
      added.push_back(static_cast<int>(id));
    }
    f.take(out);
    if (ordered)
      std::sort(added.begin(), added.end());
    BOOST_REQUIRE_EQUAL_COLLECTIONS(out.begin(), out.end(), added.begin(), added.end());
    BOOST_REQUIRE_EQUAL(f.held(), 0u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
