#include <weir/runtime/launcher/flow_specs.hpp>
#include <weir/runtime/launcher/load_flow.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>

#include "stand_in_kinds.hpp"

using namespace weir::config;
using namespace std::chrono_literals;

namespace {

const std::string source = "[source]\nkind = \"range\"\n";
const std::string stage = "[[stage]]\ntask = \"square\"\n";
const std::string sink = "[sink]\nkind = \"table\"\n";

struct loaded {
  stand_in::counts made;
  problems found;
  std::optional<checked_flow> flow;

  explicit loaded(const std::string& text, const std::vector<std::string>& overrides = {}) {
    flow = load_flow_text(text, "f.toml", "deflt", overrides, stand_in::kinds(made), found);
    BOOST_TEST(flow.has_value() == found.none(), found.text());
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(flow_files)

BOOST_AUTO_TEST_CASE(a_short_flow_gets_all_defaults) {
  const loaded l{source + stage + sink};
  BOOST_REQUIRE(l.flow);
  const auto& plan = l.flow->plan;
  BOOST_TEST(plan.name == "deflt");
  BOOST_TEST(!plan.deadline.has_value());
  BOOST_TEST((plan.on_error.how == weir::policy::collect.how));
  BOOST_TEST((plan.shutdown_budget == weir::duration{10s}));
  BOOST_TEST((l.flow->on_interrupt == interrupt_rule::drain));
  BOOST_REQUIRE(plan.stages.size() == 1U);
  BOOST_TEST(plan.stages[0].name == "square");
  BOOST_TEST(plan.stages[0].parallelism == static_cast<std::size_t>(weir::default_parallelism()));
  BOOST_TEST(plan.stages[0].capacity ==
             static_cast<std::size_t>(weir::default_parallelism() * capacity_per_worker));
  BOOST_TEST((plan.stages[0].order == weir::order::input));
  BOOST_TEST((plan.sources[0].source && plan.sinks[0].sink && plan.stages[0].task));
}

BOOST_AUTO_TEST_CASE(every_key_reaches_the_plan) {
  const loaded l{
      "[flow]\nname = \"n\"\ndeadline = \"10min\"\non_error = \"fail_fast\"\nshutdown_timeout = \"3s\"\n"
      "on_interrupt = \"cancel\"\n" +
      source + stage +
      "name = \"s\"\nparallelism = 3\ncapacity = 5\norder = \"completed\"\n"
      "attempts = 4\nbackoff = \"1s\"\nbackoff_max = \"5s\"\nretry_budget = 0.2\n" +
      sink};
  BOOST_REQUIRE(l.flow);
  const auto& plan = l.flow->plan;
  BOOST_TEST(plan.name == "n");
  BOOST_TEST((plan.deadline == weir::duration{10min}));
  BOOST_TEST((plan.on_error.how == weir::policy::fail_fast.how));
  BOOST_TEST((plan.shutdown_budget == weir::duration{3s}));
  BOOST_TEST((l.flow->on_interrupt == interrupt_rule::cancel));
  BOOST_TEST(plan.stages[0].name == "s");
  BOOST_TEST(plan.stages[0].parallelism == 3U);
  BOOST_TEST(plan.stages[0].capacity == 5U);
  BOOST_TEST((plan.stages[0].order == weir::order::completed));
  BOOST_TEST(plan.stages[0].retry.attempts == 4U);
  BOOST_TEST((plan.stages[0].retry.backoff == weir::duration{1s}));
  BOOST_TEST((plan.stages[0].retry.backoff_max == weir::duration{5s}));
  BOOST_TEST(plan.stages[0].retry.budget.value_or(0) == 0.2);
  BOOST_TEST(describe(l.flow->outline) ==
             "flow \"n\": range -> s (task square, parallelism 3, capacity 5, order completed) -> table");
}

BOOST_AUTO_TEST_CASE(a_halt_rule_replaces_on_error) {
  const loaded l{"[flow]\nhalt = \"soon,fail=10%\"\n" + source + stage + sink};
  BOOST_REQUIRE(l.flow);
  BOOST_TEST(to_string(l.flow->plan.on_error) == "soon,fail=10%");
}

BOOST_AUTO_TEST_CASE(capacity_is_0_or_at_least_parallelism) {
  for (const auto* capacity : {"0", "4", "5", "10000000"})
    BOOST_TEST(loaded(source + stage + "parallelism = 4\ncapacity = " + capacity + "\n" + sink).found.none());
  for (const auto* capacity : {"1", "3", "10000001"})
    BOOST_TEST(
        !loaded(source + stage + "parallelism = 4\ncapacity = " + capacity + "\n" + sink).found.none());
}

BOOST_AUTO_TEST_CASE(stages_run_one_after_the_other_under_names_of_their_own) {
  const loaded l{source + stage + stage + "name = \"again\"\n" + sink};
  BOOST_REQUIRE(l.flow);
  BOOST_TEST(l.flow->plan.stages.size() == 2U);
  BOOST_TEST(!loaded(source + stage + stage + sink).found.none());
}

BOOST_AUTO_TEST_CASE(stages_are_allowed_up_to_their_bound) {
  std::string text = source + sink;
  for (std::size_t i = 0; i < stages_max; ++i)
    text += stage + "name = \"s" + std::to_string(i) + "\"\n";
  BOOST_TEST(loaded(text).found.none());
  BOOST_TEST(!loaded(text + stage).found.none());
}

BOOST_AUTO_TEST_CASE(nothing_is_made_when_anything_is_wrong) {
  const loaded l{source + stage + "order = 1\n" + sink};
  BOOST_TEST(l.made.sources + l.made.tasks + l.made.sinks == 0);
  const loaded right{source + stage + sink};
  BOOST_TEST(right.made.sources == 1);
  BOOST_TEST(right.made.tasks == 1);
  BOOST_TEST(right.made.sinks == 1);
}

BOOST_AUTO_TEST_CASE(no_sink_is_made_after_a_task_refused_its_settings) {
  const loaded l{source + stage + "fails = \"fails: no such thing\"\n" + sink};
  BOOST_TEST(l.made.sinks == 0);
  BOOST_TEST(l.found.text() == "f.toml:5:9: stage[0]: fails: no such thing\n");
}

BOOST_AUTO_TEST_CASE(a_refusal_that_names_no_key_stands_at_the_table) {
  const loaded l{source + stage + "fails = \"no such thing\"\n" + sink};
  BOOST_TEST(l.found.text().starts_with("f.toml:3:1: stage[0]: no such thing"));
}

BOOST_AUTO_TEST_CASE(all_problems_come_at_once_in_the_order_of_the_tables) {
  const loaded l{"[flow]\nx = 1\n" + source + "y = 1\n" + stage + "z = 1\n" + sink + "w = 1\n"};
  BOOST_TEST(l.found.count() == 4U);
}

BOOST_AUTO_TEST_CASE(a_sink_gets_the_fields_that_it_needs_or_the_flow_is_refused) {
  stand_in::counts made;
  const auto refused = [&](std::vector<std::string> task_makes, std::vector<std::string> sink_needs) {
    auto known = stand_in::kinds(made);
    known.tasks[0].fields = {"sum", "path"};
    known.tasks[1].fields = std::move(task_makes);
    known.sinks[0].fields = std::move(sink_needs);
    problems found;
    (void)load_flow_text(source + stage + sink, "f.toml", "f", {}, known, found);
    return found.text();
  };
  BOOST_TEST(refused({"path", "square", "sum"}, {"sum", "path"}) == "");
  BOOST_TEST(refused({"square"}, {}) == "");
  // What the task makes is not known before it runs.
  BOOST_TEST(refused({}, {"sum"}) == "");
  BOOST_TEST(
      refused({"square", "path"}, {"sum", "path"}) ==
      "f.toml:6:8: sink.kind: \"table\" needs records with the fields sum, path; the last stage's task "
      "\"square\" makes square, path; let the last stage's task be sha256, or use another sink\n");
}

BOOST_AUTO_TEST_SUITE_END()
