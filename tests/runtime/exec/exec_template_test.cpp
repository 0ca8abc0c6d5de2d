#include <weir/actors/error.hpp>
#include <weir/runtime/tasks/exec_template.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using texts = std::vector<std::string>;

texts argv(const texts& command, const std::string& item) {
  const auto made = weir::exec_template::parse(command, false);
  BOOST_REQUIRE(made);
  return made->argv_for(item);
}

std::string script(const std::string& command) {
  const auto made = weir::exec_template::parse({command}, true);
  BOOST_REQUIRE(made);
  const auto all = made->argv_for("item");
  BOOST_REQUIRE_EQUAL(all.size(), 5U);
  BOOST_TEST(all[0] == "/bin/sh");
  BOOST_TEST(all[1] == "-c");
  BOOST_TEST(all[4] == "item");
  return all[2];
}

bool refused(const texts& command, bool shell) {
  const auto made = weir::exec_template::parse(command, shell);
  return !made && weir::is(made.error(), weir::ec::invalid_option);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_item_fills_each_hole_of_each_argument) {
  BOOST_TEST(argv({"cp", "{}", "x/{}.{}"}, "a b") == (texts{"cp", "a b", "x/a b.a b"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_a_hole_the_item_becomes_the_last_argument) {
  BOOST_TEST(argv({"du", "-s"}, "a") == (texts{"du", "-s", "a"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(with_a_hole_nothing_is_added) {
  BOOST_TEST(argv({"du", "{}", "-s"}, "a") == (texts{"du", "a", "-s"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_hole_in_the_items_own_text_is_not_filled_again) {
  BOOST_TEST(argv({"echo", "{}{}"}, "{}") == (texts{"echo", "{}{}"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_text_is_split_at_blanks_before_the_item_comes_in) {
  BOOST_TEST(argv({"  du  -s {} "}, "a b") == (texts{"du", "-s", "a b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_list_is_never_split) {
  BOOST_TEST(argv({"/opt/my tool", "a 'b"}, "c") == (texts{"/opt/my tool", "a 'b", "c"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_text_with_what_only_a_shell_understands_is_refused) {
  for (const auto* text :
       {"grep 'a b' {}", "ls \"{}\"", "ls {} | wc", "ls > x", "echo $HOME", "ls *.c", "a;b", "a&"})
    BOOST_TEST(refused({text}, false), text);
  BOOST_TEST(!refused({"grep ab {}"}, false));
  BOOST_TEST(!refused({"grep 'a b' {}"}, true));
}

BOOST_AUTO_TEST_CASE(a_command_without_a_program_is_refused) {
  BOOST_TEST(refused({}, false));
  BOOST_TEST(refused({""}, false));
  BOOST_TEST(refused({"  "}, false));
  BOOST_TEST(refused({"", "x"}, false));
  BOOST_TEST(refused({" \n"}, true));
  BOOST_TEST(!refused({"x"}, false));
}

BOOST_AUTO_TEST_CASE(a_shell_takes_exactly_one_text) {
  BOOST_TEST(refused({"ls", "{}"}, true));
  BOOST_TEST(!refused({"ls {}"}, true));
}

BOOST_AUTO_TEST_CASE(in_a_script_the_hole_becomes_the_first_parameter_in_fitting_quotes) {
  BOOST_TEST(script("ls {}") == R"(ls "$1")");
  BOOST_TEST(script(R"(ls "dir/{}x")") == R"(ls "dir/${1}x")");
  BOOST_TEST(script("ls 'dir {}'") == R"(ls 'dir '"$1"'')");
  BOOST_TEST(script(R"x(ls "$(basename "{}" {})")x") == R"x(ls "$(basename "${1}" "$1")")x");
  BOOST_TEST(script(R"(echo \' {})") == R"(echo \' "$1")");
  BOOST_TEST(script(R"(echo "\"{}")") == R"(echo "\"${1}")");
}

BOOST_AUTO_TEST_CASE(a_hole_in_an_arithmetic_expression_is_refused) {
  for (const auto* text : {"echo $(({} + 1))", "echo \"$(( 2 * (1 + {}) ))\"", "echo $(( 1 + $(({})) ))"})
    BOOST_TEST(refused({text}, true), text);
  BOOST_TEST(script("echo $(( $(wc -l < {}) + 1 )) {}") == R"x(echo $(( $(wc -l < "$1") + 1 )) "$1")x");
  BOOST_TEST(script("echo $(( $1 + (1) )) {}") == R"x(echo $(( $1 + (1) )) "$1")x");
}

BOOST_AUTO_TEST_CASE(an_escaped_hole_is_left_to_the_shell) {
  BOOST_TEST(script(R"(find -exec ls \{} \;)") == R"(find -exec ls \{} \;)");
}

BOOST_AUTO_TEST_CASE(unfinished_quotes_are_left_to_the_shell_to_complain_about) {
  BOOST_TEST(script("ls '{}") == R"(ls ''"$1"')");
  BOOST_TEST(script("ls \\") == "ls \\");
  BOOST_TEST(script(") {}") == R"() "$1")");
}
