#include <weir/runtime/tasks/guardian.hpp>

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "../../support/asleep.hpp"
#include "commands.hpp"

using namespace weir_test;
namespace guardian = weir::guardian;

BOOST_AUTO_TEST_SUITE(guardian_suite)

BOOST_AUTO_TEST_CASE(it_is_no_child_of_ours_and_costs_one_descriptor) {
  BOOST_TEST(!guardian::start());
  BOOST_TEST(childless());
  const auto descriptors = entries_of("/proc/self/fd");
  BOOST_TEST(!guardian::start());
  BOOST_TEST(entries_of("/proc/self/fd") == descriptors);
}

BOOST_AUTO_TEST_CASE(the_marker_is_a_variable_with_an_id_of_128_bits) {
  BOOST_REQUIRE(!guardian::start());
  BOOST_TEST(guardian::marker().starts_with(std::string{guardian::marker_name} + '='));
  BOOST_TEST(guardian::marker().size() >= std::string{guardian::marker_name}.size() + 1 + 32);
}

BOOST_AUTO_TEST_CASE(more_commands_than_places_are_refused_and_fewer_are_not) {
  BOOST_REQUIRE(!guardian::start());
  std::vector<guardian::place> all;
  for (std::size_t i = 0; i < guardian::process_groups_max; ++i) {
    auto place = guardian::reserve();
    BOOST_REQUIRE(place);
    all.push_back(std::move(*place));
  }
  const auto text = refusal(command({"true"}));
  BOOST_TEST(contains(text, "4096 commands run in this process already"), text);
  all.pop_back();
  BOOST_TEST(run(command({"true"})).exit_status == 0);
}

BOOST_AUTO_TEST_CASE(kill_all_ends_what_runs_and_nothing_else) {
  run(command({"true"}));
  sleeper runs{[] { BOOST_TEST(run(command({"sleep", "1000"})).signal == SIGKILL); }};
  runs.wait_until_asleep();
  // Asleep may also be within the start, which is before there is anything to kill.
  while (!runs.ended()) {
    guardian::kill_all();
    std::this_thread::yield();
  }
  BOOST_TEST(run(command({"true"})).exit_status == 0);
}

BOOST_AUTO_TEST_CASE(closed_it_has_no_place_for_another_command) {
  BOOST_REQUIRE(!guardian::start());
  // It is for good, so that a process of its own is closed.
  const auto child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    guardian::close();
    ::_exit(weir::is(guardian::reserve().error(), weir::ec::canceled) ? 0 : 1);
  }
  int status = -1;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(status == 0);
  BOOST_TEST(static_cast<bool>(guardian::reserve()));
}

BOOST_AUTO_TEST_SUITE_END()
