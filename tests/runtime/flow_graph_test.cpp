#include <weir/runtime/doorbell.hpp>
#include <weir/runtime/flow_run.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <barrier>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <utility>

#include "flow_support.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

using nodes = std::vector<std::size_t>;

/// The numbers from 0, once the gate is open.
struct gated_numbers final : source {
  numbers from;
  std::shared_ptr<gate> shut;
  gated_numbers(std::int64_t n, std::shared_ptr<gate> g) : from(n), shut(std::move(g)) {}
  caf::expected<std::optional<item>> next(const context& ctx) override {
    shut->pass();
    return from.next(ctx);
  }
};

caf::expected<record> same(const context&, const item& i) {
  return of(number(i));
}

caf::expected<record> fails(const context&, const item&) {
  return make_error(ec::failed, "broken");
}

task_function behind(const std::shared_ptr<gate>& shut) {
  return [shut](const context& c, const item& i) {
    shut->pass();
    return same(c, i);
  };
}

caf::expected<record> until_canceled(const context& c, const item&) {
  static_cast<void>(c.wait_for(10h));
  return c.error();
}

stage_plan from(nodes up, stage_plan s) {
  s.from = std::move(up);
  return s;
}

stage_plan balanced(stage_plan s) {
  s.fan_out = fan_out::balance;
  return s;
}

/// Flows are built from parts; the numbers of `from` are as in flow.hpp.
struct graphs : fixture {
  flow_plan p;

  graphs() { p.name = "graph"; }

  void add(std::unique_ptr<source> s) {
    p.sources.push_back({"source " + std::to_string(p.sources.size()), std::move(s)});
  }
  void add(stage_plan s) { p.stages.push_back(std::move(s)); }
  std::shared_ptr<written> add_sink(nodes up) {
    auto to = std::make_shared<written>();
    p.sinks.push_back(
        {"sink " + std::to_string(p.sinks.size()), std::make_unique<memory_sink>(to), std::move(up)});
    return to;
  }

  /// A source of `n` numbers, broadcast to two stages with a sink each.
  void two_branches(std::int64_t n, task_function first, task_function second) {
    add(std::make_unique<numbers>(n));
    add(from({0}, stage("first", std::move(first))));
    add(from({0}, stage("second", std::move(second))));
    one = add_sink({1});
    two = add_sink({2});
  }

  /// As above, but each number goes to one stage only.
  void two_shares(std::int64_t n, task_function first, task_function second) {
    two_branches(n, std::move(first), std::move(second));
    p.sources[0].fan_out = fan_out::balance;
  }

  flow_summary run() { return run_flow(on, ctx, std::move(p)); }

  template <class Condition>
  static void until(const flow_run& run, Condition holds) {
    while (!holds())
      static_cast<void>(run.wait_for(1ms));
  }

  std::shared_ptr<written> one, two;
};

std::vector<std::string> lines(std::int64_t n, const std::string& each = "") {
  std::vector<std::string> all;
  for (std::int64_t i = 0; i < n; ++i)
    all.push_back(each.empty() ? std::to_string(i) + "=" + std::to_string(i)
                               : "item " + std::to_string(i) + each);
  return all;
}

std::vector<std::string> sorted(std::vector<std::string> all) {
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::string> both(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  auto all = a;
  all.insert(all.end(), b.begin(), b.end());
  return sorted(all);
}

}  // namespace

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
  const auto shut = std::make_shared<gate>();
  add(std::make_unique<gated_numbers>(3, shut));
  add(std::make_unique<numbers>(100));
  add(stage("a", same));
  out = add_sink({});
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return out->count() == 100; });
  BOOST_TEST(!run.wait_for(5ms));
  shut->open();
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
  const auto first_failed = std::make_shared<gate>();
  two_branches(
      1, [](const context&, const item&) -> caf::expected<record> { return make_error(ec::failed, "early"); },
      [first_failed](const context&, const item&) -> caf::expected<record> {
        first_failed->pass();
        return make_error(ec::failed, "late");
      });
  // The copy that failed first is the last one to reach its sink.
  const auto second_there = std::make_shared<gate>();
  one->on_put = [second_there] {
    second_there->pass();
    return caf::error{};
  };
  two->on_put = [second_there] {
    second_there->open();
    return caf::error{};
  };
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return run.look().failed == 1; });
  first_failed->open();
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
  const auto shut = std::make_shared<gate>();
  two_branches(1000, same, behind(shut));
  flow_run run{on, ctx, std::move(p)};
  // 8 slots of the slow stage are full, and the next job waits for room there.
  until(run, [&] { return one->count() == 9; });
  BOOST_TEST(!run.wait_for(20ms));
  BOOST_TEST(run.look().offered == 9U);
  BOOST_TEST(one->count() == 9U);
  shut->open();
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
  const auto shut = std::make_shared<gate>();
  two_shares(1000, behind(shut), same);
  flow_run run{on, ctx, std::move(p)};
  // The stuck branch has at most its 8 slots full.
  until(run, [&] { return two->count() >= 992; });
  BOOST_TEST(one->count() == 0U);
  shut->open();
  const auto s = run.wait();
  BOOST_TEST(s.books.completed == 1000U);
  BOOST_TEST(one->count() <= 8U);
}

BOOST_AUTO_TEST_CASE(a_stage_balances_as_a_source_does) {
  const auto shut = std::make_shared<gate>();
  add(std::make_unique<numbers>(500));
  add(balanced(stage("a", same)));
  add(from({1}, stage("stuck", behind(shut))));
  add(from({1}, stage("free", same)));
  one = add_sink({2});
  two = add_sink({3});
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return two->count() >= 492; });
  shut->open();
  BOOST_TEST(run.wait().books.completed == 500U);
  BOOST_TEST(one->count() + two->count() == 500U);
}

BOOST_AUTO_TEST_CASE(when_all_branches_are_full_the_source_waits_and_goes_on_with_the_first_that_has_room) {
  const auto shut = std::make_shared<gate>();
  const auto shut_too = std::make_shared<gate>();
  two_shares(1000, behind(shut), behind(shut_too));
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return run.look().offered == 17; });
  BOOST_TEST(!run.wait_for(20ms));
  BOOST_TEST(run.look().offered == 17U, "8 and 8 slots, and one that waits");
  shut_too->open();
  until(run, [&] { return two->count() >= 992; });
  shut->open();
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

BOOST_FIXTURE_TEST_SUITE(flow_graph_ends, graphs)

BOOST_AUTO_TEST_CASE(a_plan_that_leads_back_or_nowhere_is_refused) {
  const auto refused = [&](std::vector<nodes> stages_from, nodes sink_from) {
    p = {};
    add(std::make_unique<numbers>(1));
    for (auto& up : stages_from)
      add(from(std::move(up), stage("s" + std::to_string(p.stages.size()), same)));
    add_sink(std::move(sink_from));
    try {
      run();
    } catch (const std::invalid_argument&) {
      return true;
    }
    return false;
  };
  BOOST_TEST(!refused({{}, {1}}, {2}));
  BOOST_TEST(refused({{0, 2}, {1}}, {2}), "a cycle");
  BOOST_TEST(refused({{0}, {0}}, {2}), "a stage that leads nowhere");
  BOOST_TEST(refused({{0}, {1}}, {0, 2}), "a sink without a stage before it");
}

BOOST_AUTO_TEST_CASE(a_cancel_reaches_all_branches_and_its_cause_is_in_the_summary) {
  two_branches(1'000'000, same, until_canceled);
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return one->count() > 0 && run.look().running > 0; });
  ctx.cancel({ec::canceled, "operator", "enough"});
  const auto s = run.wait();
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.completed == 0U, "one branch alone completes no job");
  BOOST_TEST(s.books.failed == 0U);
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST(s.ended_by->who == "operator");
}

BOOST_AUTO_TEST_CASE(a_drain_finishes_what_was_admitted_in_all_branches) {
  const auto shut = std::make_shared<gate>();
  two_branches(1'000'000, same, behind(shut));
  flow_control control;
  control.intake = context::with_cancel(context::background());
  const auto intake = control.intake;
  flow_run run{on, ctx, std::move(p), std::move(control)};
  until(run, [&] { return one->count() == 9; });
  intake.cancel({ec::canceled, "signal", "SIGINT"});
  shut->open();
  const auto s = run.wait();
  // The ninth waited for room in one branch, but was in the other one already.
  BOOST_TEST((s.books == policy::books{9, 9, 0, 9, 0, 0}));
  BOOST_TEST(one->count() == 9U);
  BOOST_TEST(two->count() == 9U);
  BOOST_TEST(s.ended_by->who == "signal");
}

BOOST_AUTO_TEST_CASE(the_error_of_one_of_two_sinks_ends_the_run_and_is_named) {
  two_branches(1'000'000, same, same);
  two->on_put = [n = 0]() mutable { return ++n == 3 ? make_error(ec::io, "no space left") : caf::error{}; };
  const auto s = run();
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.offered < 1'000'000U);
  BOOST_TEST(two->count() == 2U);
  BOOST_TEST(s.sink_error.value_or("") == "sink 1: no space left");
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST(s.ended_by->why == "sink 1: no space left");
  BOOST_TEST(exit_code(s) == 1);
  BOOST_TEST(one->finished_early == 1);
  BOOST_TEST(two->finished + two->finished_early == 0);
}

BOOST_AUTO_TEST_CASE(after_a_sink_that_cannot_be_opened_no_other_one_is_touched) {
  struct shut_sink final : sink {
    using sink::put;
    caf::error open() override { return make_error(ec::io, "read-only"); }
    caf::error put(const completed_item&) override { return {}; }
    caf::error finish() override { return {}; }
  };
  add(std::make_unique<numbers>(10));
  add(stage("a", same));
  p.sinks.push_back({"shut", std::make_unique<shut_sink>(), {1}});
  out = add_sink({1});
  const auto s = run();
  BOOST_TEST(s.sink_error.value_or("") == "shut: read-only");
  BOOST_TEST(s.books.offered == 0U);
  BOOST_TEST(out->finished + out->finished_early == 0);
}

BOOST_AUTO_TEST_CASE(a_sink_that_hangs_keeps_neither_the_run_nor_the_other_sink_from_their_end) {
  // In real time, as the thread of the other last call must have come to run before its time is over.
  const auto stuck = std::make_shared<gate>();
  two_branches(1'000, same, same);
  two->on_put = [stuck] {
    stuck->pass();
    return caf::error{};
  };
  p.shutdown_budget = 50ms;
  {
    flow_run run{on, ctx, std::move(p)};
    until(run, [&] { return one->count() >= 9; });
    ctx.cancel("enough");
    const auto s = run.wait();
    BOOST_TEST(s.books.balanced());
    BOOST_TEST(s.books.completed == 0U);
    BOOST_TEST(s.sink_error.value_or("") == "sink 1: the output was not taken within the shutdown budget");
    BOOST_TEST(one->finished_early == 1);
  }
  stuck->open();
}

BOOST_AUTO_TEST_CASE(the_last_call_of_one_sink_that_hangs_is_given_up_and_the_other_one_is_made) {
  const auto stuck = std::make_shared<gate>();
  two_branches(1'000'000, same, same);
  two->on_finish = [stuck] { stuck->pass(); };
  p.shutdown_budget = 50ms;
  {
    flow_run run{on, ctx, std::move(p)};
    until(run, [&] { return one->count() > 0; });
    ctx.cancel("enough");
    const auto s = run.wait();
    BOOST_TEST(s.books.balanced());
    BOOST_TEST(s.sink_error.value_or("") == "sink 1: the output was not taken within the shutdown budget");
    BOOST_TEST(one->finished_early == 1);
  }
  stuck->open();
}

BOOST_AUTO_TEST_SUITE_END()

// -- in virtual time ----------------------------------------------------------------------------------

namespace {

struct graphs_in_virtual_time : graphs {
  manual_clock& clock = kept_clock();
  context root = context::with_cancel(context::background(clock));
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(flow_graphs_in_virtual_time, graphs_in_virtual_time)

BOOST_AUTO_TEST_CASE(a_job_that_is_stuck_in_two_branches_is_named_once) {
  const auto stuck = std::make_shared<gate>();
  two_branches(1, behind(stuck), behind(stuck));
  p.shutdown_budget = 10s;
  {
    flow_run run{on, root, std::move(p)};
    until(run, [&] { return run.look().running == 2; });
    root.cancel("enough");
    const auto s = advance_to_end(clock, run, 100ms);
    BOOST_TEST((s.books == policy::books{1, 1, 0, 0, 0, 1}));
    BOOST_TEST((s.stragglers == std::vector<std::string>{"item 0"}));
  }
  stuck->open();
}

BOOST_AUTO_TEST_CASE(a_job_that_has_failed_in_one_branch_has_failed_though_it_is_stuck_in_the_other_one) {
  const auto stuck = std::make_shared<gate>();
  two_branches(1, fails, behind(stuck));
  p.shutdown_budget = 10s;
  {
    flow_run run{on, root, std::move(p)};
    until(run, [&] { return one->count() == 1; });
    root.cancel("enough");
    const auto s = advance_to_end(clock, run, 100ms);
    BOOST_TEST((s.books == policy::books{1, 1, 0, 0, 1, 0}));
    BOOST_TEST(s.stragglers.size() == 1U);
    BOOST_TEST(s.failures.size() == 1U);
  }
  stuck->open();
}

BOOST_AUTO_TEST_SUITE_END()
