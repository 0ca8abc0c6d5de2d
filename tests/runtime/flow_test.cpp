#include <weir/runtime/engine.hpp>
#include <weir/runtime/flow_run.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/event_based_actor.hpp>

#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "flow_support.hpp"
#include "thread_starts.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(flows, fixture)

BOOST_AUTO_TEST_CASE(each_item_passes_every_stage_and_comes_out_in_its_place) {
  const auto s =
      run_flow(on, ctx, plan(std::make_unique<numbers>(1000), stages(stage("a", twice), stage("b", twice))));
  BOOST_REQUIRE(out->lines.size() == 1000U);
  for (std::size_t i = 0; i < out->lines.size(); ++i)
    BOOST_REQUIRE(out->lines[i] == std::to_string(i) + "=" + std::to_string(4 * i));
  BOOST_TEST((s.books == policy::books{1000, 1000, 0, 1000, 0, 0}));
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(exit_code(s) == 0);
  BOOST_TEST(!s.ended_by);
  BOOST_TEST(out->finished == 1);
  BOOST_TEST(out->finished_early == 0);
}

BOOST_AUTO_TEST_CASE(an_empty_source_is_a_run_without_jobs) {
  const auto s = run_flow(on, ctx, plan(std::make_unique<numbers>(0), stages(stage("a", twice))));
  BOOST_TEST((s.books == policy::books{}));
  BOOST_TEST(exit_code(s) == 0);
  BOOST_TEST(out->finished == 1);
}

BOOST_AUTO_TEST_CASE(a_failed_job_passes_the_later_stages_untouched_and_comes_out_in_its_place) {
  const auto odd_fails = [](const context&, const item& i) -> caf::expected<record> {
    if (number(i) % 2 == 1)
      throw std::runtime_error{"odd"};
    return of(number(i));
  };
  std::atomic<int> second{0};
  const auto count = [&](const context& c, const item& i) {
    ++second;
    return twice(c, i);
  };
  std::vector<std::string> told;
  flow_control control;
  control.on_failure = [&](const flow_failure& f) { told.push_back(f.name); };
  const auto s = run_flow(
      on, ctx, plan(std::make_unique<numbers>(4), stages(stage("first", odd_fails), stage("second", count))),
      std::move(control));
  BOOST_TEST((out->lines == std::vector<std::string>{"0=0", "item 1!odd", "2=4", "item 3!odd"}));
  BOOST_TEST(second == 2);
  BOOST_TEST((s.books == policy::books{4, 4, 0, 2, 2, 0}));
  BOOST_REQUIRE(s.failures.size() == 2U);
  BOOST_TEST(s.failures[0].name == "item 1");
  BOOST_TEST(s.failures[0].stage == "first");
  BOOST_TEST(s.failures[0].text == "odd");
  BOOST_TEST((told == std::vector<std::string>{"item 1", "item 3"}));
  BOOST_TEST(s.root_error.has_value());
  BOOST_TEST(exit_code(s) == 1);
}

/// Doubles numbers, but for the third.
class sent_numbers final : public item_batch {
public:
  sent_numbers(std::uint64_t limit, std::atomic<std::size_t>& most) : limit_(limit), most_(most) {}

  [[nodiscard]] std::uint64_t limit() const noexcept override { return limit_; }
  [[nodiscard]] bool add(const item& job) override {
    jobs_.push_back(number(job));
    return true;
  }
  void run() noexcept override { most_ = std::max<std::size_t>(most_, jobs_.size()); }
  [[nodiscard]] caf::expected<record> next() override {
    const auto n = jobs_[next_++];
    if (n == 3)
      return make_error(ec::failed, "three");
    return of(2 * n);
  }
  [[nodiscard]] std::optional<duration> busy() const noexcept override {
    return std::chrono::nanoseconds{100};
  }
  [[nodiscard]] const std::string& place() const noexcept override { return place_; }

private:
  std::uint64_t limit_;
  std::atomic<std::size_t>& most_;
  std::vector<std::int64_t> jobs_;
  std::size_t next_ = 0;
  std::string place_ = "elsewhere";
};

BOOST_AUTO_TEST_CASE(jobs_of_a_stage_that_are_done_elsewhere_go_together_and_come_out_in_their_places) {
  std::atomic<std::size_t> most{0};
  auto sent = stage("sent", twice, 2, 500);
  sent.elsewhere = [&](const context&, const batch_wish& wish) -> caf::expected<std::unique_ptr<item_batch>> {
    return std::unique_ptr<item_batch>{new sent_numbers{wish.most, most}};
  };
  const auto one_fails = [](const context&, const item& i) -> caf::expected<record> {
    if (number(i) == 5)
      return make_error(ec::failed, "five");
    return of(number(i));
  };
  const auto s =
      run_flow(on, ctx,
               plan(std::make_unique<numbers>(2'000),
                    stages(stage("first", one_fails, 2, 500), std::move(sent), stage("last", twice))));
  BOOST_TEST_REQUIRE(out->lines.size() == 2'000u);
  for (int i = 0; i < 2'000; ++i) {
    const auto n = std::to_string(i);
    const auto expected = i == 3   ? std::string{"item 3!three"}
                          : i == 5 ? std::string{"item 5!five"}
                                   : n + "=" + std::to_string(4 * i);
    BOOST_TEST_REQUIRE(out->lines[static_cast<std::size_t>(i)] == expected);
  }
  BOOST_TEST((s.books == policy::books{2'000, 2'000, 0, 1'998, 2, 0}));
  BOOST_TEST(most > 5u);
}

BOOST_AUTO_TEST_CASE(a_failed_job_passes_a_stage_that_has_no_room_elsewhere) {
  auto sent = stage("sent", twice, 2, 8);
  sent.elsewhere = [](const context& c, const batch_wish&) -> caf::expected<std::unique_ptr<item_batch>> {
    static_cast<void>(c.wait_for(1h));
    return c.error();
  };
  const auto fails = [](const context&, const item&) -> caf::expected<record> {
    return make_error(ec::failed, "broken");
  };
  const auto s =
      run_flow(on, ctx, plan(std::make_unique<numbers>(20), stages(stage("first", fails), std::move(sent))));
  BOOST_TEST((s.books == policy::books{20, 20, 0, 0, 20, 0}));
  BOOST_TEST(out->lines.size() == 20u);
}

BOOST_AUTO_TEST_CASE(halt_soon_ends_the_wait_for_room_elsewhere) {
  event waits;
  std::atomic<bool> canceled{false};
  auto sent = stage("sent", twice, 2, 8);
  sent.elsewhere = [&](const context& c,
                       const batch_wish& wish) -> caf::expected<std::unique_ptr<item_batch>> {
    waits.set();
    static_cast<void>(wish.until.wait_for(1h));
    canceled = c.canceled();
    return wish.until.error();
  };
  const auto second_fails = [&](const context&, const item& i) -> caf::expected<record> {
    if (number(i) == 0)
      return of(0);
    waits.wait();
    return make_error(ec::failed, "broken");
  };
  auto p = plan(std::make_unique<numbers>(20), stages(stage("first", second_fails, 1), std::move(sent)));
  p.on_error = *policy::halt_rule::parse("soon,fail=1");
  const auto s = run_flow(on, ctx, std::move(p));
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.failed == 1u);
  BOOST_TEST(s.books.completed == 0u);
  BOOST_TEST(!canceled);
}

BOOST_AUTO_TEST_CASE(fail_fast_ends_the_run_with_its_root_error) {
  auto p = plan(std::make_unique<numbers>(1'000'000),
                stages(stage("a",
                             [](const context&, const item& i) -> caf::expected<record> {
                               if (number(i) == 5)
                                 return make_error(ec::failed, "five");
                               return of(number(i));
                             }),
                       stage("b", twice)));
  p.on_error = policy::fail_fast;
  const auto s = run_flow(on, ctx, std::move(p));
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.failed == 1U);
  BOOST_TEST(s.books.completed < 1'000'000U);
  BOOST_REQUIRE(s.root_error.has_value());
  BOOST_TEST(s.root_error->name == "item 5");
  BOOST_TEST(s.root_error->text == "five");
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST(s.ended_by->who == "halt");
  BOOST_TEST(s.halted);
  BOOST_TEST(exit_code(s) == 1);
  BOOST_TEST(out->finished_early == 1);
}

BOOST_AUTO_TEST_CASE(halt_soon_lets_what_runs_end_and_starts_nothing_more) {
  // Job 0 runs when job 1 decides the rule; it must complete all the same.
  event begun, decided;
  std::atomic<int> started{0};
  auto p = plan(std::make_unique<numbers>(1000),
                stages(stage("a", [&](const context& c, const item& i) -> caf::expected<record> {
                  ++started;
                  if (number(i) == 1) {
                    begun.wait();
                    return make_error(ec::failed, "one");
                  }
                  begun.set();
                  decided.wait();
                  BOOST_TEST(!c.canceled());
                  return of(number(i));
                })));
  p.on_error = *policy::halt_rule::parse("soon,fail=1");
  flow_run run{on, ctx, std::move(p)};
  // The rule acts on the thread of the job that failed, before that job counts as ended.
  while (run.look().failed == 0 || run.look().running > 1)
    static_cast<void>(run.wait_for(1ms));
  decided.set();
  const auto s = run.wait();
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.failed == 1U);
  BOOST_TEST(s.books.completed == 1U);
  BOOST_TEST(started == 2);
  BOOST_TEST(s.halted);
}

BOOST_AUTO_TEST_CASE(halt_on_success_is_no_failure) {
  auto p = plan(std::make_unique<numbers>(1'000'000), stages(stage("a", twice)));
  p.on_error = *policy::halt_rule::parse("now,success=3");
  const auto s = run_flow(on, ctx, std::move(p));
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.completed >= 3U);
  BOOST_TEST(exit_code(s) == 0);
}

BOOST_AUTO_TEST_CASE(what_the_source_could_not_read_is_a_failed_job_of_its_name_in_its_place) {
  auto from = std::make_unique<numbers>(3);
  from->unreadable = {1};
  const auto s = run_flow(on, ctx, plan(std::move(from), stages(stage("a", twice), stage("b", twice))));
  BOOST_TEST((out->lines == std::vector<std::string>{"0=0", "item 1!permission denied", "2=8"}));
  BOOST_TEST((s.books == policy::books{3, 3, 0, 2, 1, 0}));
  BOOST_REQUIRE(s.failures.size() == 1U);
  BOOST_TEST(s.failures[0].name == "item 1");
  BOOST_TEST(s.failures[0].stage == "");
  BOOST_TEST(exit_code(s) == 1);
}

BOOST_AUTO_TEST_CASE(a_stage_tries_again_what_failed_with_the_same_input) {
  std::mutex mutex;
  std::map<std::int64_t, int> tries;
  const auto moody = [&](const context&, const item& i) -> caf::expected<record> {
    std::lock_guard guard{mutex};
    const auto n = ++tries[number(i)];
    // The inputs are 0, 2 and 4: the first stage's results.
    if (number(i) == 4 || (number(i) == 2 && n < 3))
      return make_error(ec::failed, "try " + std::to_string(n));
    return of(10 * number(i));
  };
  auto second = stage("second", moody);
  second.retry = {.attempts = 3, .backoff = duration::zero()};
  const auto s =
      run_flow(on, ctx, plan(std::make_unique<numbers>(3), stages(stage("first", twice), std::move(second))));
  BOOST_TEST((out->lines == std::vector<std::string>{"0=0", "1=20", "item 2!try 3"}));
  BOOST_TEST((s.books == policy::books{3, 3, 0, 2, 1, 0}));
  BOOST_REQUIRE(s.failures.size() == 1U);
  BOOST_TEST(s.failures[0].attempt == 3U);
  BOOST_TEST(s.failures[0].stage == "second");
}

BOOST_AUTO_TEST_CASE(an_error_of_the_source_ends_the_input_and_keeps_what_was_admitted) {
  auto from = std::make_unique<numbers>(10);
  from->fails_at = 4;
  const auto s = run_flow(on, ctx, plan(std::move(from), stages(stage("a", twice))));
  BOOST_TEST((s.books == policy::books{4, 4, 0, 4, 0, 0}));
  BOOST_TEST(s.source_error.value_or("") == "the disk is on fire");
  BOOST_TEST(exit_code(s) == 1);
  BOOST_TEST(out->finished_early == 1);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_sink_ends_the_run) {
  out->on_put = [n = 0]() mutable { return ++n == 3 ? make_error(ec::io, "no space left") : caf::error{}; };
  const auto s = run_flow(on, ctx, plan(std::make_unique<numbers>(1'000'000), stages(stage("a", twice))));
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.offered < 1'000'000U);
  BOOST_TEST(out->lines.size() == 2U);
  BOOST_TEST(s.sink_error.value_or("") == "no space left");
  BOOST_TEST(exit_code(s) == 1);
}

BOOST_AUTO_TEST_CASE(a_sink_that_throws_ends_the_run_as_one_that_fails) {
  out->on_put = []() -> caf::error { throw std::runtime_error{"broken sink"}; };
  const auto s = run_flow(on, ctx, plan(std::make_unique<numbers>(1'000'000), stages(stage("a", twice))));
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.sink_error.value_or("") == "broken sink");
  BOOST_TEST(exit_code(s) == 1);
}

BOOST_AUTO_TEST_CASE(a_reader_that_has_gone_cancels_the_run) {
  out->on_put = [] { return make_error(ec::sink_closed, "closed"); };
  const auto waits = [](const context& c, const item&) -> caf::expected<record> {
    if (c.wait_for(1ms))
      return c.error();
    return of(1);
  };
  const auto s = run_flow(on, ctx, plan(std::make_unique<numbers>(1'000'000), stages(stage("a", waits))));
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.failed == 0U, "who gives up because of it has not failed");
  BOOST_TEST(!s.root_error.has_value());
  BOOST_TEST(!s.sink_error.has_value());
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST((s.ended_by->code == ec::sink_closed));
  BOOST_TEST(exit_code(s) == 3);
}

BOOST_AUTO_TEST_CASE(a_slow_sink_holds_back_the_source_within_the_capacities) {
  std::atomic<std::int64_t> read{0};
  std::atomic<std::int64_t> taken{0};
  event first_taken, go_on;
  std::int64_t ahead_max = 0;
  out->on_put = [&] {
    if (taken == 0)
      go_on.wait();
    ahead_max = std::max(ahead_max, read.load() - taken.load());
    ++taken;
    return caf::error{};
  };
  flow_run run{
      on, ctx,
      plan(std::make_unique<numbers>(5000, &read), stages(stage("a", twice, 2, 8), stage("b", twice, 2, 8)))};
  // With the sink shut, both stages fill and the source stands still.
  while (run.look().offered < 16)
    static_cast<void>(run.wait_for(1ms));
  go_on.set();
  const auto s = run.wait();
  BOOST_TEST(s.books.completed == 5000U);
  // 8 and 8 slots; one job is on its way between the stages, one more waits for room.
  BOOST_TEST(ahead_max <= 18);
}

BOOST_AUTO_TEST_CASE(the_sink_is_flushed_when_nothing_more_is_ready) {
  event second;
  flow_run run{on, ctx,
               plan(std::make_unique<numbers>(2), stages(stage("a", [&](const context&, const item& i) {
                      if (number(i) == 1)
                        second.wait();
                      return caf::expected<record>{of(number(i))};
                    })))};
  const auto flushed = [&] {
    std::lock_guard guard{out->mutex};
    return out->lines.size() == 1 && out->flushes > 0;
  };
  while (!flushed())
    static_cast<void>(run.wait_for(1ms));
  second.set();
  BOOST_TEST(run.wait().books.completed == 2U);
}

BOOST_AUTO_TEST_CASE(cancel_reaches_the_jobs_and_its_cause_is_in_the_summary) {
  const auto until_canceled = [](const context& c, const item&) -> caf::expected<record> {
    static_cast<void>(c.wait_for(1h));
    return c.error();
  };
  flow_run run{on, ctx, plan(std::make_unique<numbers>(1'000'000), stages(stage("a", until_canceled)))};
  while (run.look().running < 2)
    static_cast<void>(run.wait_for(1ms));
  ctx.cancel({ec::canceled, "operator", "enough"});
  const auto s = run.wait();
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.completed == 0U);
  BOOST_TEST(s.books.failed == 0U);
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST(s.ended_by->who == "operator");
  BOOST_TEST(s.ended_by->why == "enough");
  BOOST_TEST(exit_code(s) == 3);
}

BOOST_AUTO_TEST_CASE(after_the_failure_that_meets_the_rule_nothing_starts_though_its_thread_is_held_up) {
  // Holds up whoever cancels the reading of this source.
  struct holding final : source {
    numbers all{10};
    event canceling;
    event goes_on;
    context::subscription watch;

    caf::expected<std::optional<item>> next(const context& reading) override {
      if (!watch)
        watch = reading.on_cancel([this] {
          canceling.set();
          goes_on.wait();
        });
      return all.next(reading);
    }
  };
  for (const auto* const rule : {"soon,fail=1", "now,fail=1"}) {
    auto from = std::make_unique<holding>();
    auto& held = *from;
    std::atomic<int> started{0};
    auto p = plan(std::move(from), stages(stage(
                                       "a",
                                       [&](const context&, const item& i) -> caf::expected<record> {
                                         ++started;
                                         if (number(i) == 0)
                                           return make_error(ec::failed, "bad");
                                         held.canceling.wait();
                                         return of(1);
                                       },
                                       2, 16)));
    p.on_error = *policy::halt_rule::parse(rule);
    flow_run run{on, ctx, std::move(p)};
    held.canceling.wait();
    // The other worker ends its job, and would take the next one; the first is in what it has begun.
    while (run.look().running > 1)
      static_cast<void>(run.wait_for(1ms));
    held.goes_on.set();
    const auto s = run.wait();
    BOOST_TEST(started <= 2);
    BOOST_TEST(s.books.failed == 1u);
    BOOST_TEST(s.books.balanced());
    BOOST_TEST(s.halted);
  }
}

BOOST_AUTO_TEST_CASE(closing_the_intake_drains_what_was_admitted) {
  event shut;
  const auto waits = [&](const context& c, const item& i) {
    shut.wait();
    BOOST_TEST(!c.canceled());
    return twice(c, i);
  };
  flow_control control;
  control.intake = context::with_cancel(context::background());
  const auto intake = control.intake;
  flow_run run{on, ctx,
               plan(std::make_unique<numbers>(1'000'000), stages(stage("a", waits), stage("b", twice))),
               std::move(control)};
  while (run.look().running < 2)
    static_cast<void>(run.wait_for(1ms));
  intake.cancel({ec::canceled, "signal", "SIGINT"});
  shut.set();
  const auto s = run.wait();
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.canceled == 0U);
  BOOST_TEST(s.books.completed == s.books.admitted);
  BOOST_TEST(s.books.completed >= 2U);
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST(s.ended_by->who == "signal");
}

BOOST_AUTO_TEST_CASE(without_a_thread_of_its_own_the_last_call_of_the_sink_comes_all_the_same) {
  for (const auto early : {false, true}) {
    out = std::make_shared<written>();
    // The first outcome comes when all threads of the run but that of the last call have been started.
    std::optional<testing::few_threads> none;
    out->on_put = [&] {
      if (!none)
        none.emplace(0);
      return caf::error{};
    };
    auto from = std::make_unique<numbers>(2);
    if (early)
      from->fails_at = 1;
    const auto s = run_flow(on, ctx, plan(std::move(from), stages(stage("a", twice, 1))));
    BOOST_TEST(s.books.balanced());
    BOOST_TEST(!s.sink_error.has_value());
    BOOST_TEST(out->finished == (early ? 0 : 1));
    BOOST_TEST(out->finished_early == (early ? 1 : 0));
    BOOST_TEST(exit_code(s) == (early ? 1 : 0));
  }
}

BOOST_AUTO_TEST_CASE(a_stage_that_its_own_actors_end_is_why_the_run_ended) {
  // The only thread left is the driver's: the stage's actors come to ask for theirs when it has started.
  engine narrow{{.message_threads = 1}};
  event run_started;
  narrow.system().spawn([&](caf::event_based_actor*) { run_started.wait(); });
  const testing::few_threads one{1};
  flow_run run{narrow, ctx, plan(std::make_unique<numbers>(100), stages(stage("a", twice)))};
  run_started.set();
  const auto s = run.wait();
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.completed == 0U);
  BOOST_TEST(!ctx.canceled());
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST((s.ended_by->who == "worker" || s.ended_by->who == "collector"));
  BOOST_TEST(s.ended_by->why.find("no thread left") != std::string::npos);
  BOOST_TEST(!s.sink_error.has_value());
  BOOST_TEST(out->finished_early == 1);
  BOOST_TEST(!s.halted);
  BOOST_TEST(exit_code(s) == 3);
}

BOOST_AUTO_TEST_SUITE_END()

// -- in virtual time ----------------------------------------------------------------------------------

namespace {

struct virtual_time : fixture {
  manual_clock& clock = kept_clock();
  context root = context::with_cancel(context::background(clock));
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(flows_in_virtual_time, virtual_time)

BOOST_AUTO_TEST_CASE(the_deadline_cancels_the_run) {
  const auto an_hour = [](const context& c, const item&) -> caf::expected<record> {
    if (c.wait_for(1h))
      return c.error();
    return of(1);
  };
  auto p = plan(std::make_unique<numbers>(10), stages(stage("a", an_hour)));
  p.deadline = 5s;
  flow_run run{on, root, std::move(p)};
  while (run.look().running < 2)
    static_cast<void>(run.wait_for(1ms));
  clock.advance(4999ms);
  BOOST_TEST(!run.wait_for(5ms));
  clock.advance(1ms);
  const auto s = run.wait();
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.canceled == s.books.admitted);
  BOOST_REQUIRE(s.ended_by.has_value());
  BOOST_TEST((s.ended_by->code == ec::deadline_exceeded));
  BOOST_TEST(exit_code(s) == 3);
}

BOOST_AUTO_TEST_CASE(a_job_that_does_not_stop_is_named_and_written_off_within_the_budget) {
  const auto stuck = std::make_shared<event>();
  const auto reached = std::make_shared<std::atomic<bool>>(false);
  const auto deaf = [stuck, reached](const context& c, const item& i) -> caf::expected<record> {
    if (number(i) == 3) {
      *reached = true;
      stuck->wait();
    }
    return twice(c, i);
  };
  auto p = plan(std::make_unique<numbers>(1'000'000), stages(stage("a", deaf), stage("b", twice)));
  p.shutdown_budget = 10s;
  {
    flow_run run{on, root, std::move(p)};
    while (!*reached || run.look().completed < 3)
      static_cast<void>(run.wait_for(1ms));
    root.cancel("enough");
    // In small steps: the receiver, on a thread of its own, is to keep up with the end of the budget.
    const auto s = advance_to_end(clock, run, 10ms);
    BOOST_TEST(s.books.balanced());
    BOOST_REQUIRE(s.stragglers.size() == 1U);
    BOOST_TEST(s.stragglers[0] == "item 3");
  }
  stuck->set();
}

BOOST_AUTO_TEST_CASE(a_sink_that_hangs_does_not_keep_the_run_from_its_end) {
  const auto stuck = std::make_shared<event>();
  out->on_put = [stuck] {
    stuck->wait();
    return caf::error{};
  };
  auto p = plan(std::make_unique<numbers>(100), stages(stage("a", twice)));
  p.shutdown_budget = 10s;
  {
    flow_run run{on, root, std::move(p)};
    while (run.look().completed < 8)
      static_cast<void>(run.wait_for(1ms));
    root.cancel("enough");
    const auto s = advance_to_end(clock, run, 1s);
    BOOST_TEST(s.books.balanced());
    BOOST_TEST(s.books.completed == 0U);
    BOOST_TEST(s.sink_error.value_or("").starts_with("the output was not taken"));
  }
  stuck->set();
}

BOOST_AUTO_TEST_CASE(a_drain_that_takes_too_long_becomes_a_cancel_within_the_same_budget) {
  const auto until_canceled = [](const context& c, const item&) -> caf::expected<record> {
    static_cast<void>(c.wait_for(10h));
    return c.error();
  };
  flow_control control;
  control.intake = context::with_cancel(context::background(clock));
  const auto intake = control.intake;
  auto p = plan(std::make_unique<numbers>(100), stages(stage("a", until_canceled)));
  p.shutdown_budget = 4s;
  flow_run run{on, root, std::move(p), std::move(control)};
  while (run.look().running < 2)
    static_cast<void>(run.wait_for(1ms));
  intake.cancel("drain");
  clock.advance(2999ms);
  BOOST_TEST(!run.wait_for(5ms));
  clock.advance(1ms);
  const auto s = run.wait();
  BOOST_TEST(s.books.balanced());
  BOOST_TEST(s.books.completed == 0U);
  BOOST_TEST(s.stragglers.empty());
}

BOOST_AUTO_TEST_SUITE_END()
