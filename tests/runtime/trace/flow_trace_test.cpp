#include <weir/runtime/engine.hpp>
#include <weir/runtime/flow_run.hpp>
#include <weir/runtime/parallel_map.hpp>
#include <weir/runtime/trace/trace_span.hpp>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "trace_support.hpp"

using namespace weir;
using namespace weir_test;

namespace {

/// Whether a source has been asked for its second item.
std::atomic<bool> read_two{false};

/// The numbers from 0 as items.
struct numbers final : source {
  std::int64_t count;
  std::int64_t at = 0;
  std::int64_t unreadable = -1;

  explicit numbers(std::int64_t n) : count(n) {}
  caf::expected<std::optional<item>> next(const context& ctx) override {
    if (at == count || ctx.canceled())
      return std::optional<item>{};
    const auto n = at++;
    read_two = n >= 1;
    item made{n, "item " + std::to_string(n)};
    if (n == unreadable)
      made.unreadable = make_error(ec::io, "no permission");
    return std::optional{std::move(made)};
  }
};

struct no_sink final : sink {
  using sink::put;
  caf::error put(const completed_item&) override { return {}; }
  caf::error finish() override { return {}; }
};

flow_plan plan_of(std::int64_t n, std::vector<stage_plan> stages) {
  flow_plan plan;
  plan.name = "counting";
  plan.sources.push_back({"numbers", std::make_unique<numbers>(n)});
  plan.stages = std::move(stages);
  plan.sinks.push_back({"nothing", std::make_unique<no_sink>()});
  return plan;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(traced_flows)

BOOST_AUTO_TEST_CASE(an_item_of_a_flow_is_one_span_with_the_attempts_of_all_stages_below_it) {
  traced t;
  engine on;
  const auto works = [](const context&, const item&) { return caf::expected<record>{record{}}; };
  const auto fails_one = [](const context&, const item& i) -> caf::expected<record> {
    if (i.name == "item 3")
      return make_error(ec::failed, "three is out");
    return record{};
  };
  std::vector<stage_plan> stages(2);
  stages[0] = {.name = "first", .task = fails_one, .parallelism = 2, .capacity = 4};
  stages[1] = {.name = "second", .task = works, .parallelism = 2, .capacity = 4};
  auto plan = plan_of(5, std::move(stages));
  static_cast<numbers&>(*plan.sources[0].source).unreadable = 4;
  const auto summary = run_flow(on, t.ctx, std::move(plan));
  BOOST_TEST(summary.books.balanced());
  const auto& kept = t.end();
  const auto& run = kept.only(span_role::run);
  BOOST_TEST(run.name == "counting");
  BOOST_TEST(text(run, "weir.admitted") == "5");
  BOOST_TEST(run.message == "2 jobs failed");
  const auto items = kept.of(span_role::job);
  BOOST_REQUIRE_EQUAL(items.size(), 5u);
  const auto attempts = kept.of(span_role::attempt);
  for (const auto& i : items) {
    BOOST_TEST(i.parent == run.at.span);
    std::multiset<std::string> ran;
    for (const auto& a : attempts)
      if (a.parent == i.at.span) {
        ran.insert(a.name);
        BOOST_TEST(text(a, "weir.item") == i.name);
      }
    // What has failed passes the other stages without being run there.
    const auto expected = i.name == "item 4"   ? std::multiset<std::string>{}
                          : i.name == "item 3" ? std::multiset<std::string>{"first"}
                                               : std::multiset<std::string>{"first", "second"};
    BOOST_TEST((ran == expected), i.name);
  }
  BOOST_TEST(attempts.size() == 7u);
  BOOST_TEST(kept.named("item 3").message == "three is out");
  BOOST_TEST(kept.named("item 4").message == "no permission");
}

BOOST_AUTO_TEST_CASE(an_item_begins_when_it_is_admitted_and_not_when_it_is_read) {
  using namespace std::chrono_literals;
  traced t;
  engine on;
  const auto begun = t.time.now();
  std::vector<stage_plan> stages(1);
  stages[0] = {.name = "slow", .task = [&](const context&, const item&) -> caf::expected<record> {
                 // The next one has been read by then, and waits for the one slot.
                 while (t.to->time().now() == begun && !read_two.load())
                   std::this_thread::yield();
                 t.time.advance(10ms);
                 return record{};
               }};
  auto plan = plan_of(2, std::move(stages));
  read_two = false;
  static_cast<void>(run_flow(on, t.ctx, std::move(plan)));
  const auto& kept = t.end();
  BOOST_TEST((kept.named("item 0").begun == begun));
  BOOST_TEST((kept.named("item 1").begun - begun == 10ms));
}

BOOST_AUTO_TEST_CASE(what_a_flows_task_starts_is_below_its_attempt) {
  traced t;
  engine on;
  std::vector<stage_plan> stages(1);
  stages[0] = {.name = "outer", .task = [&](const context& ctx, const item&) -> caf::expected<record> {
                 const std::vector<int> inputs{1};
                 static_cast<void>(parallel_map(on, ctx, inputs, [](int n) { return n; }));
                 return record{};
               }};
  static_cast<void>(run_flow(on, t.ctx, plan_of(1, std::move(stages))));
  const auto& kept = t.end();
  const auto runs = kept.of(span_role::run);
  const auto inner = std::ranges::find(runs, "parallel_map", &span_record::name);
  BOOST_REQUIRE(inner != runs.end());
  BOOST_TEST(inner->parent == kept.named("outer").at.span);
}

BOOST_AUTO_TEST_CASE(a_map_within_a_map_is_below_the_attempt_that_called_it_on_whatever_thread) {
  traced t;
  {
    engine on;
    const std::vector<int> three{0, 1, 2};
    const auto outer = [&](const context& ctx, int n) {
      trace_attribute("before", std::to_string(n));
      static_cast<void>(parallel_map(on, ctx, three, [](int m) { return m; }, {.parallelism = 1}));
      trace_attribute("after", std::to_string(n));
      return n;
    };
    BOOST_TEST(static_cast<bool>(parallel_map(on, t.ctx, three, outer, {.parallelism = 2})));
  }
  const auto& kept = t.end();
  const auto attempts = kept.of(span_role::attempt);
  const auto runs = kept.of(span_role::run);
  BOOST_TEST(runs.size() == 4u);
  BOOST_TEST(attempts.size() == 12u);
  for (const auto& a : attempts) {
    const auto calls = std::ranges::count(runs, a.at.span, &span_record::parent);
    const auto is_outer = !text(a, "before").empty();
    BOOST_TEST(calls == (is_outer ? 1 : 0));
    BOOST_TEST(text(a, "before") == text(a, "after"));
  }
}

BOOST_AUTO_TEST_CASE(items_that_a_cancel_keeps_from_running_end_canceled) {
  traced t;
  engine on;
  const auto ctx = context::with_cancel(t.ctx);
  std::vector<stage_plan> stages(1);
  stages[0] = {.name = "stops",
               .task = [&](const context& jobs, const item&) -> caf::expected<record> {
                 ctx.cancel("enough");
                 return jobs.error();
               },
               .capacity = 8};
  const auto summary = run_flow(on, ctx, plan_of(8, std::move(stages)));
  const auto& kept = t.end();
  BOOST_TEST(kept.of(span_role::job).size() == summary.books.admitted);
  BOOST_TEST(outcomes(kept.of(span_role::job))["canceled"] == static_cast<int>(summary.books.canceled));
  BOOST_TEST(text(kept.only(span_role::run), "weir.ended_by") == "enough (caller)");
}

BOOST_AUTO_TEST_SUITE_END()
