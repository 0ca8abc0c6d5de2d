#include <weir/actors/threads.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <set>

#include "crew.hpp"

using namespace weir;
using namespace weir::test;

BOOST_AUTO_TEST_SUITE(threads_for_user_code)

BOOST_AUTO_TEST_CASE(a_thread_that_has_ended_its_work_takes_the_next) {
  threads pool{1};
  std::set<std::thread::id> ids;
  for (int i = 0; i < 20; ++i) {
    event done;
    // With one thread at most, the next work is refused until the thread waits again.
    BOOST_REQUIRE(eventually([&] {
      return !pool.run([&] {
        ids.insert(std::this_thread::get_id());
        done.set();
        return false;
      });
    }));
    done.wait();
  }
  BOOST_TEST(ids.size() == 1u);
}

BOOST_AUTO_TEST_CASE(each_work_has_a_thread_of_its_own) {
  threads pool;
  std::latch all{20};
  for (int i = 0; i < 20; ++i)
    BOOST_REQUIRE(!pool.run([&] {
      all.arrive_and_wait();
      return false;
    }));
  all.wait();
}

BOOST_AUTO_TEST_CASE(without_a_thread_left_work_is_refused_and_later_accepted) {
  threads pool{1};
  event release;
  BOOST_REQUIRE(!pool.run([&] {
    release.wait();
    return false;
  }));
  BOOST_TEST(is(pool.run([] { return false; }), ec::overloaded));
  release.set();
  BOOST_TEST(eventually([&] { return !pool.run([] { return false; }); }));
}

BOOST_AUTO_TEST_CASE(more_threads_than_may_wait_end_with_their_work) {
  threads pool;
  std::latch all{threads::idle_max + 20};
  for (std::size_t i = 0; i < threads::idle_max + 20; ++i)
    BOOST_REQUIRE(!pool.run([&] {
      all.arrive_and_wait();
      return false;
    }));
  all.wait();
  std::latch again{threads::idle_max + 20};
  for (std::size_t i = 0; i < threads::idle_max + 20; ++i)
    BOOST_REQUIRE(!pool.run([&] {
      again.arrive_and_wait();
      return false;
    }));
  again.wait();
}

BOOST_AUTO_TEST_CASE(the_destructor_waits_for_work_but_not_for_what_was_written_off) {
  event release;
  event over;
  std::atomic<bool> waited{false};
  {
    threads pool;
    BOOST_REQUIRE(!pool.run([&] {
      release.wait();
      over.set();
      return true;
    }));
    BOOST_REQUIRE(!pool.run([&] {
      waited = true;
      return false;
    }));
    pool.write_off(1);
  }
  BOOST_TEST(waited);
  release.set();
  over.wait();
}

BOOST_AUTO_TEST_CASE(a_thread_that_came_back_is_waited_for_again) {
  // Written off before and after it comes back: both count to nothing.
  for (const auto early : {true, false}) {
    std::atomic<bool> over{false};
    event started;
    event release;
    std::thread releaser;
    {
      threads pool;
      event back;
      if (early)
        pool.write_off(1);
      BOOST_REQUIRE(!pool.run([&] {
        back.set();
        return true;
      }));
      back.wait();
      if (!early)
        pool.write_off(1);
      BOOST_REQUIRE(!pool.run([&] {
        started.set();
        release.wait();
        over = true;
        return false;
      }));
      started.wait();
      releaser = std::thread{[&] { release.set(); }};
    }
    BOOST_TEST(over);
    releaser.join();
  }
}

BOOST_AUTO_TEST_SUITE_END()
