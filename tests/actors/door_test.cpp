#include <weir/actors/door.hpp>

#include <boost/test/unit_test.hpp>

#include <random.hpp>

#include "crew.hpp"

using namespace weir;
using namespace weir::test;

namespace {

caf::error admit(door& d) {
  const auto held = d.lock();
  return d.admit(held);
}

caf::error admit_or_wait(door& d, const context& ctx) {
  auto held = d.lock();
  return d.admit_or_wait(held, ctx);
}

/// Somebody who waits at a full door.
struct waiter {
  waiter(door& d, const context& ctx) : thread{[this, &d, ctx] { answer = admit_or_wait(d, ctx); }} {
    // The offer is counted only at its end; the lock is free once it waits, and that is all that is
    // needed: whatever comes first, the answer is the same.
  }
  caf::error join() {
    thread.join();
    return answer;
  }
  caf::error answer;
  std::thread thread;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(the_door)

BOOST_AUTO_TEST_CASE(the_offer_after_the_last_slot_is_refused_and_one_after_a_release_is_not) {
  door d{2};
  BOOST_TEST(!admit(d));
  BOOST_TEST(!admit(d));
  const auto why = admit(d);
  BOOST_TEST(is(why, ec::overloaded));
  BOOST_TEST(text_of(why) == "all 2 slots are taken");
  d.release(1);
  BOOST_TEST(!admit(d));
  const auto c = d.count();
  BOOST_TEST(c.offered == 4u);
  BOOST_TEST(c.admitted == 3u);
  BOOST_TEST(c.rejected == 1u);
  BOOST_TEST(c.used == 2u);
}

BOOST_AUTO_TEST_CASE(a_closed_door_refuses_with_its_first_reason) {
  door d{2};
  d.close(make_error(ec::closed, "first"));
  d.close(make_error(ec::canceled, "second"));
  BOOST_TEST(text_of(admit(d)) == "first");
  BOOST_TEST(text_of(admit_or_wait(d, context::background())) == "first");
  BOOST_TEST(d.count().rejected == 2u);
}

BOOST_AUTO_TEST_CASE(who_waits_comes_in_when_a_slot_is_free) {
  door d{1};
  BOOST_TEST(!admit(d));
  waiter w{d, context::background()};
  d.release(1);
  BOOST_TEST(!w.join());
  BOOST_TEST(d.count().used == 1u);
}

BOOST_AUTO_TEST_CASE(who_waits_comes_in_when_slots_are_added) {
  door d{1};
  BOOST_TEST(!admit(d));
  waiter w{d, context::background()};
  d.resize(2);
  BOOST_TEST(!w.join());
}

BOOST_AUTO_TEST_CASE(who_waits_is_told_of_a_close_and_of_a_cancel) {
  door closed{1};
  BOOST_TEST(!admit(closed));
  waiter one{closed, context::background()};
  closed.close(make_error(ec::closed, "over"));
  BOOST_TEST(is(one.join(), ec::closed));
  door open{1};
  BOOST_TEST(!admit(open));
  const auto ctx = context::with_cancel(context::background());
  waiter two{open, ctx};
  ctx.cancel("enough");
  BOOST_TEST(is(two.join(), ec::canceled));
  BOOST_TEST(open.count().rejected == 1u);
}

BOOST_AUTO_TEST_CASE(with_a_canceled_context_nobody_comes_in_though_there_is_room) {
  door d{1};
  const auto ctx = context::with_cancel(context::background());
  ctx.cancel("before");
  BOOST_TEST(is(admit_or_wait(d, ctx), ec::canceled));
}

BOOST_AUTO_TEST_CASE(a_hungry_stage_lets_one_in_for_each_slot) {
  door d{100};
  d.admit_all(100);
  d.set_hungry(true);
  waiter w{d, context::background()};
  d.release(1);
  BOOST_TEST(!w.join());
}

BOOST_AUTO_TEST_CASE(hunger_wakes_who_waits_though_few_slots_are_free) {
  door d{100};
  d.admit_all(100);
  waiter w{d, context::background()};
  d.release(1);
  d.set_hungry(true);
  BOOST_TEST(!w.join());
}

BOOST_AUTO_TEST_CASE(at_random_offers_balance_and_nobody_is_left_waiting) {
  seeded random;
  for (int round = 0; round < 20; ++round) {
    const auto capacity = random.between(1, 16);
    door d{capacity};
    d.set_hungry(random.one_in(2));
    std::atomic<std::uint64_t> inside{0};
    std::atomic<bool> over{false};
    std::atomic<bool> too_many{false};
    std::vector<std::thread> callers;
    for (int t = 0; t < 4; ++t)
      callers.emplace_back([&, waits = t % 2 == 0] {
        for (int i = 0; i < 2'000; ++i)
          if (!(waits ? admit_or_wait(d, context::background()) : admit(d)))
            if (inside.fetch_add(1) + 1 > capacity)
              too_many = true;
      });
    std::thread releaser{[&] {
      while (!over) {
        const auto n = inside.exchange(0);
        if (n > 0)
          d.release(n);
        else
          std::this_thread::yield();
      }
    }};
    for (auto& c : callers)
      c.join();
    over = true;
    releaser.join();
    BOOST_TEST(!too_many);
    const auto c = d.count();
    BOOST_TEST(c.offered == 8'000u);
    BOOST_TEST(c.offered == c.admitted + c.rejected);
    BOOST_TEST(c.used == inside);
  }
}

BOOST_AUTO_TEST_SUITE_END()
