#include <weir/actors/policy/admission.hpp>
#include <weir/actors/policy/books.hpp>

#include <boost/test/unit_test.hpp>

#include "random.hpp"

using namespace weir::policy;

BOOST_AUTO_TEST_SUITE(admission_of_jobs)

BOOST_AUTO_TEST_CASE(each_slot_is_given_once) {
  admission a{2};
  BOOST_TEST(a.admit(0));
  BOOST_TEST(a.admit(0));
  BOOST_TEST(!a.admit(0));
  BOOST_TEST(a.used(0) == 2u);
}

BOOST_AUTO_TEST_CASE(a_released_slot_is_given_again) {
  admission a{1};
  BOOST_TEST(a.admit(0));
  BOOST_TEST(!a.admit(0));
  BOOST_TEST(a.admit(1));
  BOOST_TEST(!a.admit(1));
}

BOOST_AUTO_TEST_CASE(no_slots_admit_nobody) {
  admission a{0};
  BOOST_TEST(!a.admit(0));
}

BOOST_AUTO_TEST_CASE(a_closed_door_admits_nobody_though_there_is_room) {
  admission a{8};
  a.close();
  BOOST_TEST(!a.admit(0));
  BOOST_TEST(a.closed());
}

BOOST_AUTO_TEST_CASE(an_undone_admission_leaves_no_trace) {
  admission a{1};
  BOOST_TEST(a.admit(0));
  a.undo();
  BOOST_TEST(a.offered() == 0u);
  BOOST_TEST(a.admit(0));
}

BOOST_AUTO_TEST_CASE(jobs_that_are_all_known_come_in_together) {
  admission a{3};
  a.admit_all(3);
  BOOST_TEST(a.admitted() == 3u);
  BOOST_TEST(!a.admit(0));
}

BOOST_AUTO_TEST_CASE(fewer_slots_throw_nobody_out_and_wait_for_enough_releases) {
  admission a{4};
  for (int i = 0; i < 4; ++i)
    BOOST_TEST(a.admit(0));
  a.resize(2);
  BOOST_TEST(!a.admit(0));
  BOOST_TEST(!a.admit(2));
  BOOST_TEST(a.admit(3));
  BOOST_TEST(a.capacity() == 2u);
}

BOOST_AUTO_TEST_CASE(a_waiter_is_woken_for_a_quarter_of_the_slots_or_at_once_for_idle_workers) {
  admission a{8};
  a.admit_all(8);
  BOOST_TEST(!a.worth_waking(0, true));
  BOOST_TEST(!a.worth_waking(1, false));
  BOOST_TEST(a.worth_waking(1, true));
  BOOST_TEST(a.worth_waking(2, false));
}

BOOST_AUTO_TEST_CASE(a_single_slot_is_worth_waking_for) {
  admission a{1};
  a.admit_all(1);
  BOOST_TEST(!a.worth_waking(0, false));
  BOOST_TEST(a.worth_waking(1, false));
}

BOOST_AUTO_TEST_CASE(the_wake_up_counts_no_slots_that_a_resize_has_taken_away) {
  admission a{8};
  a.admit_all(8);
  a.resize(4);
  BOOST_TEST(!a.worth_waking(4, true));
  BOOST_TEST(a.worth_waking(5, true));
}

BOOST_AUTO_TEST_CASE(at_random_the_slots_match_a_count_and_the_offers_balance) {
  weir::test::seeded random;
  for (int round = 0; round < 200; ++round) {
    std::uint64_t capacity = random.below(20);
    admission a{capacity};
    std::uint64_t inside = 0;
    std::uint64_t released = 0;
    std::uint64_t offers = 0;
    std::uint64_t refusals = 0;
    auto closed = false;
    for (int step = 0; step < 500; ++step) {
      const auto action = random.below(100);
      if (action < 60) {
        ++offers;
        const auto expected = !closed && inside < capacity;
        const auto admitted = a.admit(released);
        BOOST_REQUIRE_EQUAL(admitted, expected);
        if (admitted) {
          ++inside;
        } else {
          ++refusals;
          a.reject();
        }
      } else if (action < 95) {
        if (inside > 0) {
          const auto n = random.between(1, inside);
          inside -= n;
          released += n;
        }
      } else if (action < 99) {
        capacity = random.below(20);
        a.resize(capacity);
      } else {
        closed = true;
        a.close();
      }
      BOOST_REQUIRE_EQUAL(a.used(released), inside);
      BOOST_REQUIRE_EQUAL(a.offered(), offers);
      BOOST_REQUIRE_EQUAL(a.rejected(), refusals);
      BOOST_REQUIRE_EQUAL(a.admitted(), offers - refusals);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(books_of_a_run)

BOOST_AUTO_TEST_CASE(books_balance_when_each_admitted_job_has_ended_once) {
  books b{.offered = 10, .admitted = 7, .rejected = 3, .completed = 4, .failed = 2, .canceled = 1};
  BOOST_TEST(b.balanced());
  BOOST_TEST(b.ended() == 7u);
  BOOST_TEST(b.open() == 0u);
}

BOOST_AUTO_TEST_CASE(a_lost_or_doubled_outcome_or_offer_unbalances_them) {
  const books good{.offered = 10, .admitted = 7, .rejected = 3, .completed = 4, .failed = 2, .canceled = 1};
  auto lost = good;
  --lost.completed;
  BOOST_TEST(!lost.balanced());
  BOOST_TEST(lost.open() == 1u);
  auto doubled = good;
  ++doubled.failed;
  BOOST_TEST(!doubled.balanced());
  auto unheard = good;
  ++unheard.offered;
  BOOST_TEST(!unheard.balanced());
}

BOOST_AUTO_TEST_SUITE_END()
