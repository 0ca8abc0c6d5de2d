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
      "attempts = 4\nbackoff = \"1s\"\nbackoff_max = \"5s\"\nretry_budget = 0.2\n"
      "queue_timeout = \"6s\"\nrun_timeout = \"7s\"\nrun_grace = \"8s\"\nrate = 2.5\nrate_burst = 9\n"
      "overflow = \"drop_oldest\"\nkey = \"folder\"\n" +
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
  BOOST_TEST((plan.stages[0].timeouts.queue == weir::duration{6s}));
  BOOST_TEST((plan.stages[0].timeouts.run == weir::duration{7s}));
  BOOST_TEST((plan.stages[0].timeouts.grace == weir::duration{8s}));
  BOOST_TEST(plan.stages[0].rate.per_second == 2.5);
  BOOST_TEST(plan.stages[0].rate.burst == 9U);
  BOOST_TEST((plan.stages[0].overflow == weir::policy::overflow::drop_oldest));
  BOOST_TEST((plan.stages[0].key == weir::flow_key{weir::flow_key::by::folder}));
  BOOST_TEST(plan.stages[0].capacity == 5U);
  BOOST_TEST((plan.stages[0].order == weir::order::completed));
  BOOST_TEST(plan.stages[0].retry.attempts == 4U);
  BOOST_TEST((plan.stages[0].retry.backoff == weir::duration{1s}));
  BOOST_TEST((plan.stages[0].retry.backoff_max == weir::duration{5s}));
  BOOST_TEST(plan.stages[0].retry.budget.value_or(0) == 0.2);
  BOOST_TEST(describe(l.flow->outline) ==
             "flow \"n\": range -> s (task square, parallelism 3, capacity 5, order completed, overflow "
             "drop_oldest, key folder) -> table");
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

BOOST_AUTO_TEST_CASE(backoff_is_backoff_max_at_most) {
  for (const auto* keys : {"backoff = \"30s\"\n", "backoff = \"1h\"\nbackoff_max = \"1h\"\n",
                           "backoff = \"0s\"\nbackoff_max = \"0s\"\n"})
    BOOST_TEST(loaded(source + stage + keys + sink).found.none());
  for (const auto* keys :
       {"backoff = \"31s\"\n", "backoff_max = \"99ms\"\n", "backoff = \"2s\"\nbackoff_max = \"1s\"\n"})
    BOOST_TEST(!loaded(source + stage + keys + sink).found.none());
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

namespace {

using nodes = std::vector<std::size_t>;

std::string table(const std::string& header, const std::string& name, const std::string& more = "") {
  const std::string kind = header == "[[stage]]"    ? "task = \"square\"\n"
                           : header == "[[source]]" ? "kind = \"range\"\n"
                                                    : "kind = \"tsv\"\n";
  return header + '\n' + kind + "name = \"" + name + "\"\n" + more + '\n';
}

}  // namespace

BOOST_AUTO_TEST_SUITE(flow_files_as_graphs)

BOOST_AUTO_TEST_CASE(
    without_a_from_the_first_stage_takes_every_source_and_each_later_one_the_stage_before_it) {
  const loaded l{table("[[source]]", "a") + table("[[source]]", "b") + table("[[stage]]", "c") +
                 table("[[stage]]", "d") + sink};
  BOOST_REQUIRE(l.flow);
  const auto& plan = l.flow->plan;
  BOOST_TEST(plan.sources.size() == 2U);
  BOOST_TEST((plan.stages[0].from == nodes{0, 1}));
  BOOST_TEST((plan.stages[1].from == nodes{2}));
  BOOST_TEST((plan.sinks[0].from == nodes{3}));
}

BOOST_AUTO_TEST_CASE(from_names_what_comes_before_wherever_that_stands_in_the_file) {
  const loaded l{table("[[source]]", "a", "fan_out = \"balance\"") + table("[[source]]", "b") +
                 table("[[stage]]", "last", "from = [\"first\", \"b\"]") +
                 table("[[stage]]", "first", "from = \"a\"\nfan_out = \"broadcast\"") +
                 table("[[stage]]", "other", "from = [\"a\"]") + table("[[sink]]", "x", "from = \"last\"") +
                 table("[[sink]]", "y", "from = [\"other\", \"first\"]\npath = \"y\"")};
  BOOST_REQUIRE(l.flow);
  const auto& plan = l.flow->plan;
  BOOST_TEST((plan.sources[0].fan_out == weir::fan_out::balance));
  BOOST_TEST((plan.sources[1].fan_out == weir::fan_out::broadcast));
  BOOST_TEST((plan.stages[0].from == nodes{3, 1}));
  BOOST_TEST((plan.stages[1].from == nodes{0}));
  BOOST_TEST((plan.stages[2].from == nodes{0}));
  BOOST_TEST((plan.sinks[0].from == nodes{2}));
  BOOST_TEST((plan.sinks[1].from == nodes{4, 3}));
  BOOST_TEST(plan.sinks[1].name == "y");
}

BOOST_AUTO_TEST_CASE(one_table_in_double_brackets_is_as_good_as_one_in_single_ones) {
  const loaded l{table("[[source]]", "a") + stage + table("[[sink]]", "b")};
  BOOST_REQUIRE(l.flow);
  BOOST_TEST((l.flow->plan.sinks[0].from == nodes{1}));
}

BOOST_AUTO_TEST_CASE(a_stage_may_have_the_name_of_the_only_source_or_sink_unless_that_was_given) {
  const loaded l{source + stage + "name = \"range\"\n" + stage + "name = \"table\"\n" + stage +
                 "from = [\"range\", \"table\"]\n" + sink};
  BOOST_REQUIRE(l.flow);
  BOOST_TEST((l.flow->plan.stages[2].from == nodes{1, 2}), "the stages are meant");
  BOOST_TEST(!loaded(source + "name = \"x\"\n" + stage + "name = \"x\"\n" + sink).found.none());
  BOOST_TEST(!loaded(source + stage + "name = \"x\"\n" + sink + "name = \"x\"\n").found.none());
}

BOOST_AUTO_TEST_CASE(a_fan_out_that_leads_to_one_place_may_be_said_all_the_same) {
  BOOST_TEST(loaded(source + stage + "fan_out = \"balance\"\n" + sink).found.none());
}

BOOST_AUTO_TEST_CASE(sources_and_sinks_are_allowed_up_to_their_bounds) {
  std::string sources, sinks;
  for (std::size_t i = 0; i < sources_max; ++i)
    sources += table("[[source]]", "a" + std::to_string(i));
  for (std::size_t i = 0; i < sinks_max; ++i)
    sinks += table("[[sink]]", "z" + std::to_string(i), "from = \"square\"\npath = \"p\"");
  BOOST_TEST(loaded(sources + stage + sinks).found.none());
  BOOST_TEST(!loaded(sources + table("[[source]]", "more") + stage + sinks).found.none());
  BOOST_TEST(!loaded(sources + stage + sinks + table("[[sink]]", "more", "from = \"square\"")).found.none());
}

BOOST_AUTO_TEST_CASE(what_is_on_a_cycle_is_named_with_it_and_not_again) {
  const loaded l{source + table("[[stage]]", "a") + table("[[stage]]", "b", "from = \"c\"") +
                 table("[[stage]]", "c") + table("[[stage]]", "d") + sink + "from = [\"a\", \"d\"]\n"};
  BOOST_TEST(l.found.text() ==
             "f.toml:10:8: stage[1].from: a cycle, which could lock up: b -> c -> b\n"
             "f.toml:15:1: stage[3]: no source leads to stage \"d\"\n");
}

BOOST_AUTO_TEST_CASE(a_stage_that_is_redirected_to_takes_nothing_else_unless_it_says_so) {
  const auto redirects = [](const std::string& more) {
    return source + table("[[stage]]", "a", "overflow = \"redirect\"\nredirect_to = \"b\"") +
           table("[[stage]]", "b", more) + sink + "from = [\"a\", \"b\"]\n";
  };
  const loaded l{redirects("")};
  BOOST_REQUIRE(l.flow);
  BOOST_TEST((l.flow->plan.stages[0].overflow == weir::policy::overflow::redirect));
  BOOST_TEST((l.flow->plan.stages[0].redirect_to == 2U));
  BOOST_TEST((l.flow->plan.stages[0].from == nodes{0}));
  BOOST_TEST(l.flow->plan.stages[1].from.empty());
  BOOST_TEST(!l.flow->plan.stages[1].redirect_to.has_value());
  const loaded both{redirects("from = \"a\"")};
  BOOST_REQUIRE(both.flow);
  BOOST_TEST((both.flow->plan.stages[1].from == nodes{1}));
}

BOOST_AUTO_TEST_CASE(a_field_that_is_a_key_is_looked_for_in_all_that_may_come_also_by_redirect) {
  stand_in::counts made;
  const auto problem = [&](const std::string& key) {
    auto known = stand_in::kinds(made);
    known.tasks[1].fields = {"square"};
    problems found;
    (void)load_flow_text(source + table("[[stage]]", "first") +
                             table("[[stage]]", "a", "overflow = \"redirect\"\nredirect_to = \"b\"") +
                             table("[[stage]]", "b", "key = \"field:" + key + "\"") + sink +
                             "from = [\"a\", \"b\"]\n",
                         "f.toml", "f", {}, known, found);
    return found.text();
  };
  BOOST_TEST(problem("square") == "");
  BOOST_TEST(
      problem("sqare") ==
      "f.toml:15:7: stage[2].key: stage \"first\" makes no field \"sqare\"; did you mean \"square\"?\n");
}

BOOST_AUTO_TEST_CASE(a_wrong_from_is_found_beside_other_problems) {
  const loaded l{source + stage + "order = 1\nfrom = \"rnage\"\n" + sink};
  BOOST_TEST(l.found.count() == 2U, l.found.text());
}

const std::string nodes = "[nodes]\nlisten = \"127.0.0.1:4700\"\npeers = [\"a\", \"b\"]\n";

BOOST_AUTO_TEST_CASE(a_stage_on_nodes_has_a_place_where_they_come) {
  const loaded l{source + stage + "nodes = true\n" + sink + nodes};
  BOOST_REQUIRE(l.flow);
  BOOST_REQUIRE(l.flow->nodes.has_value());
  BOOST_TEST(l.flow->nodes->listen == "127.0.0.1:4700");
  BOOST_TEST(l.flow->nodes->link.name == "coordinator");
  BOOST_TEST((l.flow->nodes->link.peers == std::vector<std::string>{"a", "b"}));
  BOOST_TEST((l.flow->nodes->link.heartbeat == weir::duration{1s}));
  BOOST_TEST(static_cast<bool>(l.flow->on_nodes));
  BOOST_TEST(static_cast<bool>(l.flow->plan.stages[0].task));
}

BOOST_AUTO_TEST_CASE(what_a_command_on_nodes_may_print_is_what_can_be_sent) {
  const std::string exec = source + "[[stage]]\ntask = \"exec\"\ncommand = \"true\"\n";
  const auto on_nodes = [&](const std::string& more) {
    return loaded{exec + "nodes = true\n" + more + sink + nodes};
  };
  BOOST_TEST(on_nodes("").flow.has_value());
  BOOST_TEST(on_nodes("output_limit = \"1000KiB\"\n").flow.has_value());
  const auto refused = on_nodes("output_limit = \"1MiB\"\n");
  BOOST_TEST(refused.found.text().find(
                 "stage[0].output_limit: 1MiB is not allowed with nodes = true; allowed: 0 to 1000KiB") !=
                 std::string::npos,
             refused.found.text());
  const loaded here{exec + "output_limit = \"1MiB\"\n" + sink};
  BOOST_TEST(here.flow.has_value());
}

BOOST_AUTO_TEST_CASE(without_a_stage_on_nodes_there_is_no_such_place) {
  const loaded l{source + stage + "nodes = false\n" + sink};
  BOOST_REQUIRE(l.flow);
  BOOST_TEST(!l.flow->nodes.has_value());
}

BOOST_AUTO_TEST_CASE(nodes_that_are_half_asked_for_are_refused) {
  const auto says = [](const std::string& text, const std::string& what) {
    const loaded l{text};
    BOOST_TEST(l.found.text().find(what) != std::string::npos, l.found.text());
  };
  says(source + stage + "nodes = true\n" + sink, "stage[0].nodes: there is no table [nodes]");
  says(source + stage + sink + nodes, "no stage is done by nodes");
  says(source + stage + "nodes = 1\n" + sink + nodes, "stage[0].nodes: a whole number is not allowed here");
  says(source + stage + "nodes = true\n" + sink + "[nodes]\n", "nodes.listen: missing");
  says(source + stage + "nodes = true\n" + sink + nodes + "timeout = \"1s\"\n",
       "nodes.timeout: a timeout of 1s is too short for a heartbeat of 1s");
  says(source + stage + "nodes = true\n" + sink + nodes + "private_key = \"k\"\n",
       "nodes.authority: missing: TLS takes authority, certificate and private_key together");
  says(source + stage + "nodes = true\n" + sink + nodes + "heartbeat = \"2s\"\n",
       "nodes.heartbeat: a timeout of 3s is too short for a heartbeat of 2s");
  says(source + stage + "nodes = true\n" + sink + nodes + "workers = 2\n", "nodes.workers: unknown key");
  says("[[nodes]]\n" + source + stage + "nodes = true\n" + sink, "write [nodes], once");
}

BOOST_AUTO_TEST_SUITE_END()
