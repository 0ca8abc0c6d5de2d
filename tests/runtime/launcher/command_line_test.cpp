#include <weir/runtime/launcher/command_line.hpp>

#include <boost/test/unit_test.hpp>

using namespace weir::config;

namespace {

std::variant<arguments, answer> parsed(const std::vector<std::string>& given) {
  return parse_arguments("app", "1.2", given);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(command_lines)

BOOST_AUTO_TEST_CASE(run_takes_its_options_before_and_after_the_flow) {
  const auto p = parsed({"run", "--set", "a.b=1", "f.toml", "--set", "c.d=2", "--set=e.f=-3", "-q",
                         "--report", "r.json", "--progress", "never"});
  const auto* a = std::get_if<arguments>(&p);
  BOOST_REQUIRE(a);
  BOOST_TEST((a->command == command::run));
  BOOST_TEST(a->flow == "f.toml");
  BOOST_TEST((a->overrides == std::vector<std::string>{"a.b=1", "c.d=2", "e.f=-3"}));
  BOOST_TEST(a->quiet);
  BOOST_TEST(a->report == "r.json");
  BOOST_TEST((a->progress == progress_rule::never));
}

BOOST_AUTO_TEST_CASE(the_format_of_a_graph_is_given_or_that_of_its_file) {
  const auto format = [](const std::vector<std::string>& given) {
    const auto p = parsed(given);
    const auto* a = std::get_if<arguments>(&p);
    BOOST_REQUIRE(a);
    BOOST_TEST((a->command == command::graph));
    return a->format;
  };
  BOOST_TEST((format({"graph", "f.toml"}) == graph_format::mermaid));
  BOOST_TEST((format({"graph", "f.toml", "--format", "dot"}) == graph_format::dot));
  BOOST_TEST((format({"graph", "f.toml", "-o", "f.svg"}) == graph_format::svg));
  BOOST_TEST((format({"graph", "f.toml", "-o", "f.gv"}) == graph_format::dot));
  BOOST_TEST((format({"graph", "f.toml", "-o", "f.mmd"}) == graph_format::mermaid));
  BOOST_TEST((format({"graph", "f.toml", "-o", "f.svg", "--format=dot"}) == graph_format::dot));
  BOOST_TEST((format({"graph", "f.toml", "-o", "f.txt", "--format=dot"}) == graph_format::dot));
  BOOST_TEST((format({"graph", "f.toml", "-o", "-"}) == graph_format::mermaid));
}

BOOST_AUTO_TEST_CASE(a_flow_may_be_standard_input_and_a_value_anything) {
  const auto p =
      parsed({"check", "-", "--set", "stage.command=[\"a\", \"b c\"]", "--set", "source.root=a,b c"});
  const auto* a = std::get_if<arguments>(&p);
  BOOST_REQUIRE(a);
  BOOST_TEST((a->command == command::check));
  BOOST_TEST(a->flow == "-");
  BOOST_TEST(
      (a->overrides == std::vector<std::string>{"stage.command=[\"a\", \"b c\"]", "source.root=a,b c"}));
}

BOOST_AUTO_TEST_CASE(wrong_usage_ends_with_2_and_says_where_help_is) {
  const std::vector<std::vector<std::string>> wrong{{},
                                                    {"run"},
                                                    {"run", "a", "b"},
                                                    {"rnu", "a"},
                                                    {"--quiet"},
                                                    {"check"},
                                                    {"run", "a", "--set"},
                                                    {"run", "a", "--nope"},
                                                    {"run", "a", "--progress", "often"},
                                                    {"tasks", "x"},
                                                    {"graph"},
                                                    {"graph", "a", "--format", "png"},
                                                    {"graph", "a", "-o", "a.png"},
                                                    {"run", "a", "--report"}};
  for (const auto& given : wrong) {
    const auto p = parsed(given);
    const auto* a = std::get_if<answer>(&p);
    BOOST_REQUIRE(a);
    BOOST_TEST(a->exit_code == 2);
    BOOST_TEST(a->text.find("--help`") != std::string::npos, a->text);
  }
}

BOOST_AUTO_TEST_CASE(a_mistyped_command_is_named_with_the_nearest_one) {
  const auto p = parsed({"chek", "f.toml"});
  BOOST_TEST(
      std::get<answer>(p).text.starts_with("app: there is no command \"chek\"; did you mean \"check\"?"));
}

BOOST_AUTO_TEST_CASE(a_mistyped_option_is_named_with_the_nearest_one) {
  const auto said = [](const std::vector<std::string>& given) {
    return std::get<answer>(parsed(given)).text;
  };
  BOOST_TEST(said({"run", "f.toml", "--quite"})
                 .starts_with("app: there is no option \"--quite\"; did you mean \"--quiet\"?; `app run"));
  BOOST_TEST(said({"run", "f.toml", "--reprot=r.json"})
                 .starts_with("app: there is no option \"--reprot\"; did you mean \"--report\"?"));
  BOOST_TEST(
      said({"--versoin"})
          .starts_with("app: there is no option \"--versoin\"; did you mean \"--version\"?; `app --help`"));
}

BOOST_AUTO_TEST_CASE(help_and_version_are_answers_without_error) {
  BOOST_TEST(std::get<answer>(parsed({"--version"})).text == "app 1.2\n");
  for (const auto& given : std::vector<std::vector<std::string>>{
           {"--help"}, {"run", "--help"}, {"check", "-h"}, {"tasks", "--help"}}) {
    const auto a = std::get<answer>(parsed(given));
    BOOST_TEST(a.exit_code == 0);
    BOOST_TEST(a.text.find("Examples:\n  app ") != std::string::npos, a.text);
  }
  BOOST_TEST(std::get<answer>(parsed({"--help"})).text.find("130 143") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
