#include <weir/runtime/launcher/load_flow.hpp>

#include <boost/test/unit_test.hpp>

#include "stand_in_kinds.hpp"

using namespace weir::config;

namespace {

const std::string two_stages = R"([source]
kind = "files"
[[stage]]
task = "sha256"
[[stage]]
task = "exec"
name = "my.run"
command = "true"
[sink]
kind = "table"
)";
const std::string one_stage =
    "[source]\nkind = \"files\"\n[[stage]]\ntask = \"square\"\n[sink]\nkind = \"table\"\n";

struct changed {
  stand_in::counts made;
  problems found;
  std::optional<checked_flow> flow;

  changed(const std::string& text, const std::vector<std::string>& options) {
    flow = load_flow_text(text, "f.toml", "f", options, stand_in::kinds(made), found);
    BOOST_TEST(flow.has_value() == found.none(), found.text());
  }

  [[nodiscard]] bool says(const std::string& text) const {
    return found.text().find(text) != std::string::npos;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(set_options)

BOOST_AUTO_TEST_CASE(the_only_stage_needs_no_name) {
  const changed c{one_stage, {"stage.parallelism=7"}};
  BOOST_REQUIRE(c.flow);
  BOOST_TEST(c.flow->plan.stages[0].parallelism == 7U);
}

BOOST_AUTO_TEST_CASE(one_of_several_stages_goes_by_name_task_or_place) {
  const changed c{two_stages,
                  {"stage.sha256.parallelism=7", "stage.my.run.parallelism=8", "stage[1].capacity=99"}};
  BOOST_REQUIRE(c.flow);
  BOOST_TEST(c.flow->plan.stages[0].parallelism == 7U);
  BOOST_TEST(c.flow->plan.stages[1].parallelism == 8U);
  BOOST_TEST(c.flow->plan.stages[1].capacity == 99U);
}

BOOST_AUTO_TEST_CASE(sources_and_sinks_go_by_name_kind_or_place_where_there_are_several) {
  const std::string several =
      "[[source]]\nkind = \"files\"\n[[source]]\nkind = \"files\"\nname = \"more\"\n"
      "[[stage]]\ntask = \"square\"\n[sink]\nkind = \"table\"\n";
  BOOST_TEST(changed(several, {"source.files.root=/x", "source.more.hidden=false", "source[1].root=/y"})
                 .found.none());
  BOOST_TEST(changed(several, {"source.more.rot=/x"}).says("source[1].rot: unknown key"));
  BOOST_TEST(
      changed(several, {"source.mroe.root=/x"}).says("there is no such source; did you mean \"more\"?"));
  BOOST_TEST(
      changed(several, {"source.root=/x"}).says("the flow has several sources: write source.NAME.KEY"));
  BOOST_TEST(changed(several, {"stage.from=[\"files\", \"more\"]"}).found.none());
  BOOST_TEST(changed(several, {"stage.from=nobody"}).says("stage[0].from: there is no \"nobody\""));
}

BOOST_AUTO_TEST_CASE(several_stages_without_a_name_are_refused) {
  const changed c{two_stages, {"stage.parallelism=7"}};
  BOOST_TEST(c.says("--set stage.parallelism=7: stage: the flow has several stages"));
  BOOST_TEST(c.says("sha256, my.run"));
}

BOOST_AUTO_TEST_CASE(a_stage_that_is_not_there_is_refused) {
  BOOST_TEST(changed(two_stages, {"stage.sha265.order=1"}).says("did you mean \"sha256\"?"));
  BOOST_TEST(changed(two_stages, {"stage[2].order=1"}).says("allowed: stage[0] to stage[1]"));
  BOOST_TEST(changed(two_stages, {"stage[x].order=1"}).says("there is no such stage"));
  BOOST_TEST(changed("", {"stage.order=1"}).says("the flow has no [[stage]]"));
}

BOOST_AUTO_TEST_CASE(text_needs_no_quotes_whatever_it_looks_like) {
  for (const auto* value : {"/usr/share", "2024", "true", "2024-01-01", "\"quoted\"", "", "a=b", "[x"})
    BOOST_TEST(changed(one_stage, {std::string{"source.root="} + value}).found.none(), value);
  BOOST_TEST(changed(one_stage, {"flow.name=2024"}).flow->plan.name == "2024");
  BOOST_TEST(changed(one_stage, {"flow.name=\"a b\""}).flow->plan.name == "a b");
}

BOOST_AUTO_TEST_CASE(a_list_is_toml_or_one_text) {
  BOOST_TEST(changed(one_stage, {"source.match=[\"a\", \"b\"]"}).found.none());
  BOOST_TEST(changed(one_stage, {"source.match=*.c"}).found.none());
  BOOST_TEST(!changed(one_stage, {"source.match=[1]"}).found.none());
}

BOOST_AUTO_TEST_CASE(the_last_of_a_key_counts) {
  const changed c{one_stage, {"stage.parallelism=7", "stage.parallelism=9"}};
  BOOST_REQUIRE(c.flow);
  BOOST_TEST(c.flow->plan.stages[0].parallelism == 9U);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_names_the_option_as_its_place) {
  BOOST_TEST(changed(one_stage, {"source.rot=/x"})
                 .says("--set source.rot=/x: source.rot: unknown key; did you mean \"root\"?"));
  BOOST_TEST(changed(one_stage, {"stage.parallelism=many"})
                 .says("--set stage.parallelism=many: stage[0].parallelism: \"many\" is not allowed here; "
                       "allowed: a whole number"));
  BOOST_TEST(changed(one_stage, {"stage.parallelism=0"}).says("stage[0].parallelism: \"0\" is out of range"));
}

BOOST_AUTO_TEST_CASE(an_option_without_table_key_or_value_is_refused) {
  for (const auto* option : {"", "=", "a", "a=1", ".a=1", "source=1", "source.root", "source.=1",
                             "source[0].root=x", "stage[0]=1"})
    BOOST_TEST(!changed(one_stage, {option}).found.none(), option);
}

BOOST_AUTO_TEST_CASE(a_table_that_is_missing_can_be_given_by_options_alone) {
  const changed c{"[[stage]]\ntask = \"square\"\n[sink]\nkind = \"table\"\n", {"source.kind=range"}};
  BOOST_TEST(c.found.none(), c.found.text());
}

BOOST_AUTO_TEST_SUITE_END()
