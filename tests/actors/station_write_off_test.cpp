#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "two_held_lanes.hpp"

using namespace weir;
using namespace weir::test;

namespace {

/// A job whose outcome is collected, and that goes on until it is released.
struct hung_job {
  event started;
  event release;

  void begin(station& at) {
    offer_all(at, std::make_shared<scripted_block>(
                      0, 1,
                      [this](std::uint64_t, lane&) {
                        started.set();
                        release.wait();
                        return caf::error{};
                      },
                      true));
    started.wait();
  }
};

}  // namespace

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

BOOST_AUTO_TEST_CASE(what_a_job_returns_after_it_was_written_off_changes_nothing) {
  for (const auto fails : {false, true}) {
    const auto at = make_station({.capacity = 10, .halt = policy::fail_fast});
    event started;
    event release;
    const auto block = std::make_shared<scripted_block>(0, 1, [&](std::uint64_t, lane&) {
      started.set();
      release.wait();
      return fails ? make_error(ec::failed, "too late") : caf::error{};
    });
    crew lanes{at, 1};
    offer_all(*at, block);
    started.wait();
    BOOST_TEST(at->abandon().size() == 1u);
    const auto before = at->look();
    BOOST_TEST(before.books.canceled == 1u);
    BOOST_TEST(block->cancels(0) == 1);
    release.set();
    at->wait_for_lost_lanes();
    const auto after = at->look();
    BOOST_TEST((after.books == before.books));
    BOOST_TEST(after.used == 0u);
    BOOST_TEST(block->outcomes(0) == 1);
    BOOST_TEST(!at->root().has_value());
    BOOST_TEST(at->stopped_by()->who == "shutdown");
  }
}

BOOST_AUTO_TEST_CASE(who_collects_gets_a_job_that_was_written_off_once_and_not_what_it_returns) {
  const auto at = make_station({.capacity = 10, .collected = true});
  hung_job job;
  crew lanes{at, 1};
  job.begin(*at);
  BOOST_TEST(at->abandon().size() == 1u);
  job.release.set();
  at->wait_for_lost_lanes();
  std::vector<finished_span> out;
  BOOST_TEST(at->collect(out));
  BOOST_REQUIRE(out.size() == 1u);
  BOOST_TEST(out[0].in_use);
  BOOST_TEST((out[0].how.kind == outcome_kind::canceled));
  BOOST_TEST(out[0].jobs.size() == 1u);
  BOOST_TEST(!at->collect(out));
  BOOST_TEST(at->look().books.canceled == 1u);
}

BOOST_AUTO_TEST_CASE(who_collects_gets_a_job_at_its_time_limit_and_is_told_that_a_thread_is_still_in_it) {
  manual_clock time;
  const auto at =
      make_station({.capacity = 10, .timeouts = {.run = std::chrono::seconds{1}}, .collected = true},
                   context::background(time));
  hung_job job;
  crew lanes{at, 1};
  job.begin(*at);
  time.advance(std::chrono::seconds{1});
  std::vector<finished_span> out;
  BOOST_TEST(at->collect(out));
  BOOST_REQUIRE(out.size() == 1u);
  BOOST_TEST(out[0].in_use);
  BOOST_TEST((out[0].how.kind == outcome_kind::failed));
  job.release.set();
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

BOOST_AUTO_TEST_CASE(a_job_that_has_its_outcome_a_moment_before_it_is_written_off_counts_as_that) {
  for (const auto fails : {false, true}) {
    const auto at = make_station({.capacity = 10});
    event claimed;
    event release;
    // Hangs when nobody else can end its job any more, and before it says that the job has passed.
    struct claiming_block final : job_block {
      claiming_block(bool f, event& c, event& r) : job_block(0), does_fail(f), has_claimed(c), go_on(r) {}
      std::uint64_t run(std::uint64_t first, lane& on) noexcept override {
        for (; on.may_start(first); ++first) {
          if (does_fail)
            on.ended_with(first, make_error(ec::failed, "bad"));
          on.release_slot();
          has_claimed.set();
          go_on.wait();
        }
        return first;
      }
      std::uint64_t end(std::uint64_t, std::uint64_t, const forced_end&,
                        const std::shared_ptr<const caf::error>&) noexcept override {
        return 0;
      }
      bool does_fail;
      event& has_claimed;
      event& go_on;
    };
    crew lanes{at, 1};
    at->entrance().admit_all(1);
    at->offer({std::make_shared<claiming_block>(fails, claimed, release), 0, 1});
    close(*at);
    claimed.wait();
    BOOST_TEST(at->abandon().size() == 1u);
    const auto s = at->look();
    BOOST_TEST(s.books.balanced());
    BOOST_TEST(s.books.completed == (fails ? 0u : 1u));
    BOOST_TEST(s.books.failed == (fails ? 1u : 0u));
    BOOST_TEST(s.used == 0u);
    BOOST_TEST(at->at_rest());
    release.set();
  }
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
