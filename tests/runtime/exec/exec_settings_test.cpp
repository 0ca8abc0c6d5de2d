#include <weir/actors/error.hpp>
#include <weir/runtime/kinds.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using texts = std::vector<std::string>;

/// The settings as a file gives them that sets `command` and one other.
weir::settings with(const std::string& name, weir::setting v) {
  weir::settings all;
  for (const auto& spec : weir::exec_task().accepts)
    all.set(spec.name, spec.fallback);
  all.set("command", texts{"true"});
  all.set(name, std::move(v));
  return all;
}

bool refused(const std::string& name, weir::setting v) {
  const auto made = weir::exec_task().make(with(name, std::move(v)));
  if (made)
    return false;
  BOOST_TEST(weir::is(made.error(), weir::ec::invalid_option));
  BOOST_TEST(weir::text_of(made.error()).starts_with(name + ": "), weir::text_of(made.error()));
  return true;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_defaults_with_a_command_are_accepted) {
  BOOST_TEST(!refused("command", texts{"true"}));
}

BOOST_AUTO_TEST_CASE(a_command_that_can_not_be_one_is_refused) {
  BOOST_TEST(refused("command", texts{""}));
}

BOOST_AUTO_TEST_CASE(an_exit_status_is_a_number_from_0_to_255) {
  for (const auto* text : {"", "x", "-1", "256", "1 ", "0x1", "99999999999"})
    BOOST_TEST(refused("ok_exit", texts{text}), text);
  BOOST_TEST(refused("ok_exit", texts{}));
  BOOST_TEST(!refused("ok_exit", texts{"0", "1", "255"}));
}

BOOST_AUTO_TEST_CASE(a_variable_has_a_name_and_a_value) {
  for (const auto* text : {"", "A", "=b"})
    BOOST_TEST(refused("env", texts{text}), text);
  BOOST_TEST(!refused("env", texts{"A=", "B=c=d"}));
}

BOOST_AUTO_TEST_CASE(the_variable_that_marks_our_processes_can_not_be_set) {
  BOOST_TEST(refused("env", texts{"WEIR_RUN=x"}));
  BOOST_TEST(!refused("env", texts{"WEIR_RUNS=x"}));
}
