#include <weir/runtime/doorbell.hpp>
#include <weir/runtime/flow_run.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <barrier>
#include <numeric>
#include <thread>
#include <utility>

#include "flow_graph_support.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(flow_merges, graphs)

BOOST_AUTO_TEST_CASE(the_items_of_several_sources_are_merged_and_each_has_an_index_of_its_own) {
  struct indices final : sink {
    using sink::put;
    std::vector<std::uint64_t>& seen;
    explicit indices(std::vector<std::uint64_t>& s) : seen(s) {}
    caf::error put(const completed_item& d) override {
      seen.push_back(d.index);
      return {};
    }
    caf::error finish() override { return {}; }
  };
  std::vector<std::uint64_t> seen;
  for (const auto n : {300, 0, 200})
    add(std::make_unique<numbers>(n));
  add(stage("a", same));
  p.sinks.push_back({"sink", std::make_unique<indices>(seen)});
  const auto s = run();
  BOOST_TEST((s.books == policy::books{500, 500, 0, 500, 0, 0}));
  BOOST_REQUIRE(s.sources.size() == 3U);
  BOOST_TEST(s.sources[0].read == 300U);
  BOOST_TEST(s.sources[1].read == 0U);
  BOOST_TEST(s.sources[2].read == 200U);
  std::sort(seen.begin(), seen.end());
  std::vector<std::uint64_t> wanted(500);
  std::iota(wanted.begin(), wanted.end(), 0U);
  BOOST_TEST((seen == wanted));
}

BOOST_AUTO_TEST_CASE(all_sources_are_read_at_once) {
  /// Goes on when all of them have begun.
  struct together final : source {
    numbers from{10};
    std::barrier<>& all;
    bool begun = false;
    explicit together(std::barrier<>& b) : all(b) {}
    caf::expected<std::optional<item>> next(const context& ctx) override {
      if (!std::exchange(begun, true))
        all.arrive_and_wait();
      return from.next(ctx);
    }
  };
  std::barrier<> all{3};
  for (int i = 0; i < 3; ++i)
    add(std::make_unique<together>(all));
  add(stage("a", same));
  out = add_sink({});
  BOOST_TEST(run().books.completed == 30U);
}

BOOST_AUTO_TEST_CASE(a_source_that_is_slow_holds_up_no_other_and_the_run_lasts_until_all_have_ended) {
  const auto shut = std::make_shared<event>();
  add(std::make_unique<gated_numbers>(3, shut));
  add(std::make_unique<numbers>(100));
  add(stage("a", same));
  out = add_sink({});
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return out->count() == 100; });
  BOOST_TEST(!run.wait_for(5ms));
  shut->set();
  BOOST_TEST(run.wait().books.completed == 103U);
  BOOST_TEST(out->finished == 1);
}

BOOST_AUTO_TEST_CASE(a_source_that_fails_is_named_and_the_others_are_read_on) {
  auto bad = std::make_unique<numbers>(10);
  bad->fails_at = 4;
  add(std::make_unique<numbers>(100));
  add(std::move(bad));
  add(stage("a", same));
  out = add_sink({});
  const auto s = run();
  BOOST_TEST((s.books == policy::books{104, 104, 0, 104, 0, 0}));
  BOOST_TEST(s.source_error.value_or("") == "source 1: the disk is on fire");
  BOOST_TEST(exit_code(s) == 1);
  BOOST_TEST(out->finished_early == 1);
}

BOOST_AUTO_TEST_CASE(the_stages_of_a_plan_may_stand_in_any_order) {
  add(std::make_unique<numbers>(500));
  add(from({2}, stage("last", twice)));
  add(from({3}, stage("middle", twice)));
  add(from({0}, stage("first", twice)));
  out = add_sink({1});
  const auto s = run();
  BOOST_TEST((s.books == policy::books{500, 500, 0, 500, 0, 0}));
  BOOST_REQUIRE(out->count() == 500U);
  BOOST_TEST(out->lines.back() == "499=3992");
}

BOOST_AUTO_TEST_CASE(stages_that_feed_one_sink_call_it_one_at_a_time) {
  two_branches(500, same, twice);
  p.sinks.clear();
  out = add_sink({1, 2});
  std::atomic<int> inside{0};
  std::atomic<bool> alone{true};
  out->on_put = [&] {
    alone = alone && ++inside == 1;
    std::this_thread::yield();
    --inside;
    return caf::error{};
  };
  const auto s = run();
  BOOST_TEST(alone);
  BOOST_TEST(out->count() == 1000U);
  BOOST_TEST((s.books == policy::books{500, 500, 0, 500, 0, 0}));
  BOOST_REQUIRE(s.sinks.size() == 1U);
  BOOST_TEST(s.sinks[0].taken == 1000U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(doorbells)

// In each of these a wait that does not end would last for an hour.
BOOST_AUTO_TEST_CASE(a_ring_ends_the_wait_also_if_it_came_just_before) {
  detail::doorbell bell{1h};
  const auto ctx = context::background();
  const auto heard = bell.count();
  bell.ring();
  bell.wait(heard, ctx);
  std::thread other;
  for (int i = 0; i < 1000; ++i) {
    const auto last = bell.count();
    other = std::thread{[&] { bell.ring(); }};
    bell.wait(last, ctx);
    other.join();
  }
  BOOST_TEST(bell.count() == 1001U);
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_the_wait) {
  detail::doorbell bell{1h};
  const auto ctx = context::with_cancel(context::background());
  std::thread other{[&] { ctx.cancel(); }};
  bell.wait(bell.count(), ctx);
  other.join();
  BOOST_TEST(ctx.canceled());
}

BOOST_AUTO_TEST_CASE(nobody_waits_longer_than_the_pause) {
  detail::doorbell bell{1ms};
  bell.wait(bell.count(), context::background());
  BOOST_TEST(bell.count() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(flow_broadcasts, graphs)

BOOST_AUTO_TEST_CASE(each_branch_has_every_job_in_order_and_the_books_count_it_once) {
  two_branches(500, same, same);
  p.stages[0].parallelism = 4;
  const auto s = run();
  BOOST_TEST((one->lines == lines(500)));
  BOOST_TEST((two->lines == lines(500)));
  BOOST_TEST((s.books == policy::books{500, 500, 0, 500, 0, 0}));
  BOOST_TEST(exit_code(s) == 0);
}

BOOST_AUTO_TEST_CASE(a_stage_hands_on_to_stages_and_sinks_alike) {
  add(std::make_unique<numbers>(50));
  add(stage("a", same));
  add(from({1}, stage("b", twice)));
  add(from({1}, stage("c", same)));
  one = add_sink({1});
  two = add_sink({2, 3});
  const auto s = run();
  BOOST_TEST((one->lines == lines(50)));
  BOOST_TEST(two->count() == 100U);
  BOOST_TEST((s.books == policy::books{50, 50, 0, 50, 0, 0}));
}

BOOST_AUTO_TEST_CASE(branches_that_meet_again_bring_each_job_once_for_each_way) {
  add(std::make_unique<numbers>(100));
  add(stage("a", same));
  add(from({1}, stage("b", same)));
  add(from({1}, stage("c", same)));
  add(from({2, 3}, stage("d", same)));
  out = add_sink({});
  flow_run run{on, ctx, std::move(p)};
  const auto s = run.wait();
  BOOST_TEST((sorted(out->lines) == both(lines(100), lines(100))));
  BOOST_TEST((s.books == policy::books{100, 100, 0, 100, 0, 0}));
  BOOST_TEST(run.look().completed == 100U);
}

BOOST_AUTO_TEST_CASE(a_job_that_fails_in_one_branch_has_failed_and_passes_the_other_one_all_the_same) {
  two_branches(3, same, fails);
  std::vector<std::string> told;
  flow_control control;
  control.on_failure = [&](const flow_failure& f) { told.push_back(f.name + " in " + f.stage); };
  const auto s = run_flow(on, ctx, std::move(p), std::move(control));
  BOOST_TEST((one->lines == lines(3)));
  BOOST_TEST((two->lines == lines(3, "!broken")));
  BOOST_TEST((s.books == policy::books{3, 3, 0, 0, 3, 0}));
  BOOST_TEST(s.failures.size() == 3U);
  BOOST_TEST((told == std::vector<std::string>{"item 0 in second", "item 1 in second", "item 2 in second"}));
  BOOST_REQUIRE(s.root_error.has_value());
  BOOST_TEST(s.root_error->stage == "second");
}

BOOST_AUTO_TEST_CASE(a_job_that_fails_in_both_branches_is_one_failure_of_the_first_of_them) {
  const auto first_failed = std::make_shared<event>();
  two_branches(
      1, [](const context&, const item&) -> caf::expected<record> { return make_error(ec::failed, "early"); },
      [first_failed](const context&, const item&) -> caf::expected<record> {
        first_failed->wait();
        return make_error(ec::failed, "late");
      });
  // The copy that failed first is the last one to reach its sink.
  const auto second_there = std::make_shared<event>();
  one->on_put = [second_there] {
    second_there->wait();
    return caf::error{};
  };
  two->on_put = [second_there] {
    second_there->set();
    return caf::error{};
  };
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return run.look().failed == 1; });
  first_failed->set();
  const auto s = run.wait();
  BOOST_TEST((s.books == policy::books{1, 1, 0, 0, 1, 0}));
  BOOST_REQUIRE(s.failures.size() == 1U);
  BOOST_TEST(s.failures[0].stage == "first");
  BOOST_TEST(s.failures[0].text == "early");
  BOOST_TEST(s.root_error->text == "early");
  BOOST_TEST(one->count() + two->count() == 2U);
}

BOOST_AUTO_TEST_CASE(what_could_not_be_read_is_one_failed_job_in_all_branches) {
  auto some = std::make_unique<numbers>(3);
  some->unreadable = {1};
  add(std::move(some));
  add(from({0}, stage("first", same)));
  add(from({0}, stage("second", same)));
  one = add_sink({1});
  two = add_sink({2});
  const auto s = run();
  BOOST_TEST((one->lines == std::vector<std::string>{"0=0", "item 1!permission denied", "2=2"}));
  BOOST_TEST((one->lines == two->lines));
  BOOST_TEST((s.books == policy::books{3, 3, 0, 2, 1, 0}));
  BOOST_TEST(s.failures.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_halt_rule_counts_jobs_not_copies) {
  two_branches(2, fails, fails);
  p.on_error = *policy::halt_rule::parse("now,fail=3");
  auto s = run();
  BOOST_TEST(s.books.failed == 2U);
  BOOST_TEST(!s.halted, "two jobs failed in four copies");
  p = {};
  two_branches(2, same, same);
  p.on_error = *policy::halt_rule::parse("now,success=3");
  s = run();
  BOOST_TEST(s.books.completed == 2U);
  BOOST_TEST(!s.halted, "two jobs completed in four copies");
}

BOOST_AUTO_TEST_CASE(a_failure_in_one_branch_that_halts_the_run_ends_the_other_one) {
  two_branches(1'000'000, same, [](const context&, const item& i) -> caf::expected<record> {
    if (number(i) == 5)
      return make_error(ec::failed, "five");
    return of(number(i));
  });
  p.on_error = policy::fail_fast;
  const auto s = run();
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.failed == 1U);
  BOOST_TEST(s.books.completed < 1'000'000U);
  BOOST_TEST(s.halted);
  BOOST_TEST(s.root_error->text == "five");
  BOOST_TEST(one->finished_early == 1);
  BOOST_TEST(two->finished_early == 1);
}

BOOST_AUTO_TEST_CASE(a_slow_branch_holds_up_the_others_within_the_capacities) {
  const auto shut = std::make_shared<event>();
  two_branches(1000, same, behind(shut));
  flow_run run{on, ctx, std::move(p)};
  // 8 slots of the slow stage are full, and the next job waits for room there.
  until(run, [&] { return one->count() == 9; });
  BOOST_TEST(!run.wait_for(20ms));
  BOOST_TEST(run.look().offered == 9U);
  BOOST_TEST(one->count() == 9U);
  shut->set();
  BOOST_TEST(run.wait().books.completed == 1000U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(flow_balances, graphs)

BOOST_AUTO_TEST_CASE(each_job_goes_to_one_branch) {
  two_shares(1000, same, same);
  const auto s = run();
  BOOST_TEST((both(one->lines, two->lines) == sorted(lines(1000))));
  BOOST_TEST(one->count() > 0U);
  BOOST_TEST(two->count() > 0U);
  BOOST_TEST((s.books == policy::books{1000, 1000, 0, 1000, 0, 0}));
}

BOOST_AUTO_TEST_CASE(a_branch_that_is_stuck_is_passed_over_and_the_others_take_the_rest) {
  const auto shut = std::make_shared<event>();
  two_shares(1000, behind(shut), same);
  flow_run run{on, ctx, std::move(p)};
  // The stuck branch has at most its 8 slots full.
  until(run, [&] { return two->count() >= 992; });
  BOOST_TEST(one->count() == 0U);
  shut->set();
  const auto s = run.wait();
  BOOST_TEST(s.books.completed == 1000U);
  BOOST_TEST(one->count() <= 8U);
}

BOOST_AUTO_TEST_CASE(a_stage_balances_as_a_source_does) {
  const auto shut = std::make_shared<event>();
  add(std::make_unique<numbers>(500));
  add(balanced(stage("a", same)));
  add(from({1}, stage("stuck", behind(shut))));
  add(from({1}, stage("free", same)));
  one = add_sink({2});
  two = add_sink({3});
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return two->count() >= 492; });
  shut->set();
  BOOST_TEST(run.wait().books.completed == 500U);
  BOOST_TEST(one->count() + two->count() == 500U);
}

BOOST_AUTO_TEST_CASE(when_all_branches_are_full_the_source_waits_and_goes_on_with_the_first_that_has_room) {
  const auto shut = std::make_shared<event>();
  const auto shut_too = std::make_shared<event>();
  two_shares(1000, behind(shut), behind(shut_too));
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return run.look().offered == 17; });
  BOOST_TEST(!run.wait_for(20ms));
  BOOST_TEST(run.look().offered == 17U, "8 and 8 slots, and one that waits");
  shut_too->set();
  until(run, [&] { return two->count() >= 992; });
  shut->set();
  BOOST_TEST(run.wait().books.completed == 1000U);
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_the_wait_for_room) {
  two_shares(1000, until_canceled, until_canceled);
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return run.look().offered == 17; });
  ctx.cancel("enough");
  const auto s = run.wait();
  BOOST_TEST((s.books == policy::books{17, 16, 1, 0, 0, 16}));
}

BOOST_AUTO_TEST_SUITE_END()
