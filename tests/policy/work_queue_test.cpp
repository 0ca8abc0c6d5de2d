#include <weir/actors/policy/work_queue.hpp>

#include <boost/test/unit_test.hpp>

#include <numeric>

#include "random.hpp"

using namespace weir::policy;

namespace {

using jobs = span<int>;

bool same(const jobs& a, int block, std::uint64_t first, std::uint64_t last) {
  return a.block == block && a.first == first && a.last == last;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(spans)

BOOST_AUTO_TEST_CASE(a_cut_at_the_front_loses_no_job) {
  jobs s{1, 3, 10};
  BOOST_TEST(same(s.take_front(2), 1, 3, 5));
  BOOST_TEST(same(s, 1, 5, 10));
  BOOST_TEST(s.size() == 5u);
  BOOST_TEST(s.take_front(0).empty());
  BOOST_TEST(same(s.take_front(5), 1, 5, 10));
  BOOST_TEST(s.empty());
}

BOOST_AUTO_TEST_CASE(a_cut_at_the_back_loses_no_job) {
  jobs s{1, 3, 10};
  BOOST_TEST(same(s.take_back(8), 1, 8, 10));
  BOOST_TEST(same(s, 1, 3, 8));
  BOOST_TEST(s.take_back(8).empty());
  BOOST_TEST(same(s.take_back(3), 1, 3, 8));
  BOOST_TEST(s.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(queue_of_work)

BOOST_AUTO_TEST_CASE(jobs_leave_in_the_order_in_which_they_came) {
  work_queue<int> q;
  q.push({1, 0, 3});
  q.push({2, 0, 1});
  BOOST_TEST(q.jobs() == 4u);
  BOOST_TEST(same(q.take(2), 1, 0, 2));
  // What is taken never reaches across blocks.
  BOOST_TEST(same(q.take(5), 1, 2, 3));
  BOOST_TEST(same(q.take(5), 2, 0, 1));
  BOOST_TEST(q.empty());
  BOOST_TEST(q.jobs() == 0u);
}

BOOST_AUTO_TEST_CASE(jobs_that_were_given_back_are_the_next) {
  work_queue<int> q;
  q.push({1, 0, 9});
  auto held = q.take(4);
  static_cast<void>(held.take_front(1));
  q.give_back(held);
  BOOST_TEST(q.jobs() == 8u);
  BOOST_TEST(same(q.take(9), 1, 1, 4));
  BOOST_TEST(same(q.take(9), 1, 4, 9));
}

BOOST_AUTO_TEST_CASE(empty_spans_do_not_queue) {
  work_queue<int> q;
  q.push({1, 4, 4});
  q.give_back({1, 4, 4});
  BOOST_TEST(q.empty());
  BOOST_TEST(q.jobs() == 0u);
}

BOOST_AUTO_TEST_CASE(taking_everything_leaves_it_empty) {
  work_queue<int> q;
  q.push({1, 0, 3});
  q.push({2, 0, 1});
  const auto all = q.take_all();
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(same(all[0], 1, 0, 3));
  BOOST_TEST(same(all[1], 2, 0, 1));
  BOOST_TEST(q.empty());
  BOOST_TEST(q.jobs() == 0u);
  BOOST_TEST(q.take_all().empty());
}

BOOST_AUTO_TEST_CASE(at_random_each_job_leaves_once_and_in_order_of_age) {
  weir::test::seeded random;
  for (int round = 0; round < 200; ++round) {
    work_queue<int> q;
    std::deque<std::pair<int, std::uint64_t>> model;
    int block = 0;
    for (int step = 0; step < 300; ++step) {
      const auto action = random.below(10);
      if (action < 4) {
        const auto size = random.below(6);
        q.push({++block, 0, size});
        for (std::uint64_t i = 0; i < size; ++i)
          model.emplace_back(block, i);
      } else if (action < 9 && !q.empty()) {
        auto got = q.take(random.between(1, 8));
        BOOST_REQUIRE(!got.empty());
        const auto kept = random.one_in(3) ? random.below(got.size() + 1) : got.size();
        for (std::uint64_t i = 0; i < kept; ++i) {
          BOOST_REQUIRE((model.front() == std::pair{got.block, got.first}));
          model.pop_front();
          static_cast<void>(got.take_front(1));
        }
        q.give_back(got);
      } else if (random.one_in(20)) {
        for (const auto& s : q.take_all())
          for (auto i = s.first; i < s.last; ++i) {
            BOOST_REQUIRE((model.front() == std::pair{s.block, i}));
            model.pop_front();
          }
      }
      BOOST_REQUIRE_EQUAL(q.jobs(), model.size());
      BOOST_REQUIRE_EQUAL(q.empty(), model.empty());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
