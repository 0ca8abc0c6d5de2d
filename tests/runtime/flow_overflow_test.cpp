#include <weir/runtime/flow_graph.hpp>
#include <weir/runtime/flow_run.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/event_based_actor.hpp>

#include <stdexcept>
#include <utility>

#include "flow_graph_support.hpp"
#include "thread_starts.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;
using policy::overflow;

namespace {

/// The numbers from 0: the second one comes when the first is in its task, which goes on when all have been
/// handed on.
struct busy_numbers final : source {
  numbers from;
  std::shared_ptr<event> begun = std::make_shared<event>();
  std::shared_ptr<event> all_read = std::make_shared<event>();

  explicit busy_numbers(std::int64_t n) : from(n) {}
  caf::expected<std::optional<item>> next(const context& ctx) override {
    if (from.at == 1)
      begun->wait();
    if (from.at == from.count)
      all_read->set();
    return from.next(ctx);
  }
  [[nodiscard]] task_function task() const {
    return [begun = begun, all_read = all_read](const context& c, const item& i) {
      begun->set();
      all_read->wait();
      return same(c, i);
    };
  }
};

/// With four slots, one of them that of a job that runs: each outcome is handed on as soon as it is there.
stage_plan narrow(std::string name, task_function f, overflow what, std::size_t slots = 4) {
  auto s = stage(std::move(name), std::move(f), 1, slots);
  s.order = order::completed;
  s.overflow = what;
  return s;
}

stage_plan redirecting(stage_plan s, std::size_t to) {
  s.overflow = overflow::redirect;
  s.redirect_to = to;
  return s;
}

std::vector<std::string> some_lines(std::int64_t first, std::int64_t last) {
  const auto all = lines(last + 1);
  return {all.begin() + first, all.end()};
}

struct full_stages : graphs {
  /// A source of `n` numbers and one stage that is full when the fifth comes.
  void busy_row(std::int64_t n, overflow what, std::set<std::int64_t> unreadable = {}) {
    auto some = std::make_unique<busy_numbers>(n);
    some->from.unreadable = std::move(unreadable);
    auto f = some->task();
    add(std::move(some));
    add(narrow("slow", std::move(f), what));
    out = add_sink({});
  }

  /// Such a stage, and one that takes what it has no slot for.
  void busy_with_overflow(std::int64_t n, stage_plan other) {
    auto some = std::make_unique<busy_numbers>(n);
    auto f = some->task();
    add(std::move(some));
    add(redirecting(narrow("own", std::move(f), overflow::redirect), 2));
    add(std::move(other));
    one = add_sink({1});
    two = add_sink({2});
  }

  flow_summary told_run() {
    flow_control control;
    control.on_failure = [this](const flow_failure& f) { told.push_back(f.name + " in " + f.stage); };
    return run_flow(on, ctx, std::move(p), std::move(control));
  }

  std::vector<std::string> told;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(flow_overflows, full_stages)

BOOST_AUTO_TEST_CASE(a_full_stage_that_rejects_fails_the_item_there_untried_and_it_reaches_no_sink) {
  busy_row(10, overflow::reject);
  const auto s = told_run();
  BOOST_TEST((s.books == policy::books{10, 10, 0, 4, 6, 0}));
  BOOST_TEST((out->lines == lines(4)));
  BOOST_REQUIRE(s.failures.size() == 6U);
  BOOST_TEST(s.failures[0].name == "item 4");
  BOOST_TEST(s.failures[0].stage == "slow");
  BOOST_TEST(s.failures[0].text == "all 4 slots are taken");
  BOOST_TEST(s.failures[0].attempt == 0U);
  BOOST_TEST(told.size() == 6U);
  BOOST_TEST(told.front() == "item 4 in slow");
  BOOST_TEST(s.root_error->name == "item 4");
  BOOST_TEST(!s.ended_by.has_value());
  BOOST_TEST(out->finished == 1);
  BOOST_TEST(s.stages[0].dropped == 0U);
  BOOST_TEST(exit_code(s) == 1);
}

BOOST_AUTO_TEST_CASE(the_halt_rule_sees_what_a_full_stage_rejects) {
  busy_row(1'000'000, overflow::reject);
  p.on_error = policy::fail_fast;
  // The halt cancels the task's context, not the event that it waits for.
  p.stages[0].task = [begun = static_cast<busy_numbers&>(*p.sources[0].source).begun](const context& c,
                                                                                      const item& i) {
    begun->set();
    return until_canceled(c, i);
  };
  const auto s = run();
  BOOST_TEST(s.halted);
  BOOST_TEST((s.books == policy::books{5, 5, 0, 0, 1, 4}));
  BOOST_TEST(s.root_error->text == "all 4 slots are taken");
}

BOOST_AUTO_TEST_CASE(a_full_stage_that_drops_the_newest_ends_them_there_and_the_run_is_complete) {
  busy_row(10, overflow::drop_newest);
  flow_run run{on, ctx, std::move(p)};
  const auto s = run.wait();
  BOOST_TEST((s.books == policy::books{10, 10, 0, 4, 0, 6}));
  BOOST_TEST((out->lines == lines(4)));
  BOOST_TEST(s.dropped == 6U);
  BOOST_TEST(s.stages[0].dropped == 6U);
  BOOST_TEST(s.sources[0].read == 10U);
  BOOST_TEST(run.look().dropped == 6U);
  BOOST_TEST(!s.ended_by.has_value());
  BOOST_TEST(out->finished == 1);
  BOOST_TEST(exit_code(s) == 0);
}

BOOST_AUTO_TEST_CASE(a_full_stage_that_drops_the_oldest_ends_those_that_have_waited_longest) {
  busy_row(10, overflow::drop_oldest);
  const auto s = run();
  BOOST_TEST((s.books == policy::books{10, 10, 0, 4, 0, 6}));
  BOOST_TEST((out->lines == both(lines(1), some_lines(7, 9))));
  BOOST_TEST(s.dropped == 6U);
  BOOST_TEST(s.stages[0].dropped == 6U);
  BOOST_TEST(out->finished == 1);
  BOOST_TEST(exit_code(s) == 0);
}

BOOST_AUTO_TEST_CASE(what_has_been_started_is_not_dropped_for_what_comes_later) {
  busy_row(10, overflow::drop_oldest);
  p.stages[0].capacity = 1;
  const auto s = run();
  BOOST_TEST((s.books == policy::books{10, 10, 0, 1, 0, 9}));
  BOOST_TEST((out->lines == lines(1)));
  BOOST_TEST(s.stages[0].dropped == 9U);
  BOOST_TEST(s.dropped == 9U);
}

BOOST_AUTO_TEST_CASE(what_had_failed_before_stays_so_where_a_stage_is_full) {
  for (const auto what : {overflow::reject, overflow::drop_newest, overflow::drop_oldest}) {
    p = {};
    busy_row(10, what, {5});
    const auto s = told_run();
    BOOST_TEST(s.books.balanced());
    BOOST_TEST(s.books.failed == (what == overflow::reject ? 6U : 1U));
    BOOST_TEST(s.books.canceled == (what == overflow::reject ? 0U : 5U));
    BOOST_TEST(s.dropped == s.books.canceled);
    const auto at = std::find_if(s.failures.begin(), s.failures.end(),
                                 [](const flow_failure& f) { return f.name == "item 5"; });
    BOOST_REQUIRE((at != s.failures.end()));
    BOOST_TEST(at->text == "permission denied");
    BOOST_TEST(at->stage == "");
    BOOST_TEST(exit_code(s) == 1);
  }
}

BOOST_AUTO_TEST_CASE(a_stage_behind_another_one_turns_jobs_away_as_the_first_one_does) {
  const auto shut = std::make_shared<event>();
  add(std::make_unique<numbers>(500));
  add(stage("a", same));
  add(narrow("b", behind(shut), overflow::drop_newest));
  one = add_sink({1});
  out = add_sink({2});
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return run.look().dropped == 496; });
  shut->set();
  const auto s = run.wait();
  BOOST_TEST((s.books == policy::books{500, 500, 0, 4, 0, 496}));
  BOOST_TEST(one->count() == 500U);
  BOOST_TEST((out->lines == lines(4)));
  BOOST_TEST(s.stages[0].dropped == 0U);
  BOOST_TEST(s.stages[1].dropped == 496U);
}

BOOST_AUTO_TEST_CASE(a_copy_that_is_dropped_in_one_branch_goes_on_in_the_other_ones) {
  auto some = std::make_unique<busy_numbers>(10);
  auto f = some->task();
  add(std::move(some));
  add(from({0}, stage("first", same)));
  add(from({0}, narrow("second", std::move(f), overflow::drop_newest)));
  one = add_sink({1});
  two = add_sink({2});
  const auto s = run();
  BOOST_TEST((one->lines == lines(10)));
  BOOST_TEST((two->lines == lines(4)));
  BOOST_TEST((s.books == policy::books{10, 10, 0, 4, 0, 6}));
  BOOST_TEST(s.dropped == 6U);
  BOOST_TEST(exit_code(s) == 0);
}

BOOST_AUTO_TEST_CASE(of_several_that_balance_the_first_full_one_that_does_not_block_takes_the_job) {
  const auto shut = std::make_shared<event>();
  two_shares(1000, behind(shut), behind(shut));
  p.stages[1].overflow = overflow::drop_newest;
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return run.look().dropped == 984; });
  shut->set();
  const auto s = run.wait();
  BOOST_TEST((s.books == policy::books{1000, 1000, 0, 16, 0, 984}));
  BOOST_TEST(s.stages[0].dropped == 0U);
  BOOST_TEST(s.stages[1].dropped == 984U);
  BOOST_TEST(one->count() == 8U);
  BOOST_TEST(two->count() == 8U);
}

BOOST_AUTO_TEST_CASE(a_source_goes_on_while_all_branches_wait_for_their_rates) {
  two_shares(20, same, same);
  for (auto& s : p.stages)
    s.rate.per_second = 1;
  manual_clock clock;
  flow_run run{on, context::background(clock), std::move(p)};
  const auto s = advance_to_end(clock, run, 100ms);
  BOOST_TEST((s.books == policy::books{20, 20, 0, 20, 0, 0}));
  BOOST_TEST((both(one->lines, two->lines) == sorted(lines(20))));
}

BOOST_AUTO_TEST_CASE(a_stage_without_a_thread_has_canceled_its_jobs_not_dropped_them) {
  for (const auto what : {overflow::drop_newest, overflow::drop_oldest, overflow::reject}) {
    p = {};
    // Left are the driver's thread and that of the stage's receiver; and the stage's actors come to ask for
    // theirs when all has been read.
    engine slow{{.message_threads = 1}};
    event all_read;
    slow.system().spawn([&](caf::event_based_actor*) { all_read.wait(); });
    // The clock has its thread already.
    const auto keeps_it = ctx.time().at(ctx.time().now() + 1h, [] {});
    const testing::few_threads few{2};
    std::atomic<std::int64_t> read = 0;
    add(std::make_unique<numbers>(3, &read));
    add(narrow("a", same, what));
    out = add_sink({});
    flow_run run{slow, ctx, std::move(p)};
    until(run, [&] { return read == 3; });
    all_read.set();
    const auto s = run.wait();
    BOOST_TEST((s.books == policy::books{3, 3, 0, 0, 0, 3}));
    BOOST_TEST(s.dropped == 0U);
    BOOST_REQUIRE(s.ended_by.has_value());
    BOOST_TEST((s.ended_by->code == ec::overloaded));
    BOOST_TEST(out->finished_early == 1);
    BOOST_TEST(exit_code(s) == 3);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(flow_redirects, full_stages)

BOOST_AUTO_TEST_CASE(a_full_stage_redirects_to_another_one_which_needs_no_other_way_in) {
  busy_with_overflow(10, stage("slow", twice));
  const auto s = run();
  BOOST_TEST((s.books == policy::books{10, 10, 0, 10, 0, 0}));
  BOOST_TEST((one->lines == lines(4)));
  BOOST_TEST((two->lines == std::vector<std::string>{"4=8", "5=10", "6=12", "7=14", "8=16", "9=18"}));
  BOOST_TEST(s.stages[0].redirected == 6U);
  BOOST_TEST(s.stages[0].dropped == 0U);
  BOOST_TEST(s.stages[1].redirected == 0U);
  BOOST_TEST(exit_code(s) == 0);
}

BOOST_AUTO_TEST_CASE(who_redirects_waits_where_the_other_one_is_full_and_blocks) {
  const auto shut = std::make_shared<event>();
  add(std::make_unique<numbers>(100));
  add(redirecting(narrow("own", behind(shut), overflow::redirect), 2));
  add(narrow("slow", behind(shut), overflow::block));
  one = add_sink({1});
  two = add_sink({2});
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return run.look().offered == 9; });
  BOOST_TEST(!run.wait_for(20ms));
  BOOST_TEST(run.look().offered == 9U, "4 and 4 slots, and one that waits");
  shut->set();
  const auto s = run.wait();
  BOOST_TEST((s.books == policy::books{100, 100, 0, 100, 0, 0}));
  BOOST_TEST((both(one->lines, two->lines) == sorted(lines(100))));
}

BOOST_AUTO_TEST_CASE(a_redirected_job_meets_the_other_stages_own_overflow) {
  const auto shut = std::make_shared<event>();
  add(std::make_unique<numbers>(100));
  add(redirecting(narrow("first", behind(shut), overflow::redirect), 3));
  add(narrow("last", behind(shut), overflow::drop_newest));
  add(redirecting(narrow("second", behind(shut), overflow::redirect), 2));
  out = add_sink({1, 2, 3});
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return run.look().dropped == 88; });
  shut->set();
  const auto s = run.wait();
  BOOST_TEST((s.books == policy::books{100, 100, 0, 12, 0, 88}));
  BOOST_TEST((sorted(out->lines) == sorted(lines(12))));
  BOOST_TEST(s.stages[0].redirected == 96U);
  BOOST_TEST(s.stages[2].redirected == 92U);
  BOOST_TEST(s.stages[1].dropped == 88U);
}

BOOST_AUTO_TEST_CASE(a_stage_may_redirect_to_the_one_that_takes_its_outcomes_which_then_has_each_job_once) {
  auto some = std::make_unique<busy_numbers>(10);
  auto f = some->task();
  add(std::move(some));
  add(redirecting(narrow("extra", std::move(f), overflow::redirect), 2));
  add(from({1}, stage("all", same)));
  out = add_sink({});
  const auto s = run();
  BOOST_TEST((s.books == policy::books{10, 10, 0, 10, 0, 0}));
  BOOST_TEST((sorted(out->lines) == sorted(lines(10))));
  BOOST_TEST(s.stages[0].redirected == 6U);
}

BOOST_AUTO_TEST_CASE(what_is_redirected_after_the_sources_have_ended_is_taken_too) {
  const auto shut = std::make_shared<event>();
  const auto busy = std::make_shared<event>();
  add(std::make_unique<numbers>(8));
  add(from({0}, stage("a", behind(shut), 1)));
  // Once it is full it stays so until all have come.
  add(redirecting(from({1}, narrow("own", behind(busy), overflow::redirect, 1)), 3));
  add(stage("slow", same));
  one = add_sink({2});
  two = add_sink({3});
  two->on_put = [&, n = 0]() mutable {
    if (++n == 7)
      busy->set();
    return caf::error{};
  };
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return run.look().total == 8U && run.look().offered == 8; });
  // A stage that is drained too early closes now.
  BOOST_TEST(!run.wait_for(20ms));
  shut->set();
  const auto s = run.wait();
  BOOST_TEST((s.books == policy::books{8, 8, 0, 8, 0, 0}));
  BOOST_TEST(one->count() == 1U);
  BOOST_TEST(two->count() == 7U);
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_the_wait_at_the_stage_that_was_redirected_to) {
  add(std::make_unique<numbers>(100));
  add(redirecting(narrow("own", until_canceled, overflow::redirect), 2));
  add(narrow("slow", until_canceled, overflow::block));
  one = add_sink({1});
  two = add_sink({2});
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return run.look().offered == 9; });
  ctx.cancel("enough");
  const auto s = run.wait();
  BOOST_TEST((s.books == policy::books{9, 8, 1, 0, 0, 8}));
  BOOST_TEST(s.dropped == 0U);
  BOOST_TEST(exit_code(s) == 3);
}

BOOST_AUTO_TEST_CASE(a_plan_whose_redirects_make_no_sense_is_refused) {
  const auto refusal = [&](stage_plan first, stage_plan second) {
    p = {};
    add(std::make_unique<numbers>(1));
    add(std::move(first));
    add(std::move(second));
    add_sink({1, 2});
    return text_of(detail::check_graph(p, detail::graph_of(p)));
  };
  const auto plain = [](nodes up = {}) { return from(std::move(up), stage("plain", same)); };
  const auto to = [](std::size_t n, nodes up = {}) {
    return redirecting(from(std::move(up), stage("full", same)), n);
  };
  BOOST_TEST(refusal(to(2), plain()) == "no error");
  BOOST_TEST(refusal(to(2), plain({0})) == "no error");
  BOOST_TEST(refusal(to(2), plain({1})) == "no error");
  BOOST_TEST(refusal(to(0), plain()).ends_with("stage full redirects to something that is no stage"));
  BOOST_TEST(refusal(to(3), plain()).ends_with("stage full redirects to something that is no stage"));
  BOOST_TEST(refusal(to(1, {0}), plain()).ends_with("has a cycle, which could lock up"));
  BOOST_TEST(refusal(to(2, {0}), to(1, {0})).ends_with("has a cycle, which could lock up"));
  BOOST_TEST(refusal(plain({0}), to(1)).ends_with("has a cycle, which could lock up"));
  BOOST_TEST(refusal(to(2), to(1)).ends_with("has a cycle, which could lock up"));
  auto half = plain({0});
  half.overflow = overflow::redirect;
  BOOST_TEST(
      refusal(half, plain()).ends_with("overflow redirect and redirect_to go together; one is missing"));
  half.overflow = overflow::reject;
  half.redirect_to = 2;
  BOOST_TEST(
      refusal(half, plain()).ends_with("overflow redirect and redirect_to go together; one is missing"));
  BOOST_CHECK_THROW(run(), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(a_stage_that_leads_nowhere_but_where_it_redirects_to_is_refused) {
  add(std::make_unique<numbers>(1));
  add(redirecting(stage("full", same), 2));
  add(stage("other", same));
  add_sink({2});
  BOOST_CHECK_THROW(run(), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
