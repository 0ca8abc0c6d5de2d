#include <weir/runtime/tasks/process_group.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include <sys/stat.h>

#include "../../support/scratch_folder.hpp"
#include "commands.hpp"

using namespace weir_test;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

/// Long enough that a test which waits for it has failed.
constexpr auto for_ever = "1000";

/// Runs `spec` and, once its script has written a line into the pipe $READY, calls `then` with that line.
caf::expected<weir::process_result> run_until_ready(weir::process_spec spec, const weir::context& ctx,
                                                    const std::function<void(const std::string&)>& then) {
  const scratch_folder s;
  const auto ready = s.at("ready");
  BOOST_REQUIRE_EQUAL(::mkfifo(ready.c_str(), 0600), 0);
  spec.env.push_back("READY=" + ready);
  std::thread watcher{[&] {
    std::string line;
    std::getline(std::ifstream{ready}, line);
    then(line);
  }};
  auto result = weir::run_process(ctx, spec);
  watcher.join();
  return result;
}

/// A shell that waits and leaves nothing behind that TERM could miss: a child that has not run its program
/// yet still has the shell's handler, and would go on.
const std::string looping = "while :; do sleep 0.01; done";

/// Runs `spec` with a timeout that lets its script come as far as to print "ready", however slow the machine
/// is.
weir::process_result run_into_timeout(weir::process_spec spec) {
  constexpr auto longest = 60s;
  for (weir::duration timeout = 50ms; timeout < longest; timeout *= 2) {
    spec.timeout = timeout;
    auto r = run(spec);
    BOOST_TEST(r.timed_out);
    BOOST_TEST((r.wall >= timeout));
    if (r.out.starts_with("ready"))
      return r;
  }
  BOOST_FAIL("the script never came to the point");
  return {};
}

struct canceled_run {
  caf::error error;
  pid_t group = 0;                ///< what the script wrote: its own process
  steady_clock::duration took{};  ///< from the cancel to the return
};

canceled_run cancel_when_ready(weir::process_spec spec) {
  const auto ctx = weir::context::with_cancel(weir::context::background());
  canceled_run r;
  steady_clock::time_point at;
  const auto result = run_until_ready(std::move(spec), ctx, [&](const std::string& line) {
    r.group = std::stoi(line);
    at = steady_clock::now();
    ctx.cancel("enough");
  });
  r.took = steady_clock::now() - at;
  BOOST_REQUIRE(!result);
  r.error = result.error();
  return r;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(process_end)

BOOST_AUTO_TEST_CASE(a_timeout_sends_term_first) {
  auto spec = script("trap 'echo asked; exit 3' TERM; echo ready; " + looping);
  spec.grace = 60s;
  const auto r = run_into_timeout(spec);
  BOOST_TEST(r.out == "ready\nasked\n");
  BOOST_TEST(r.exit_status == 3);
}

BOOST_AUTO_TEST_CASE(what_ignores_term_is_killed_after_the_grace) {
  auto spec = script("trap '' TERM; echo ready; exec sleep 1000");
  spec.grace = 100ms;
  const auto r = run_into_timeout(spec);
  BOOST_TEST(r.signal == SIGKILL);
  BOOST_TEST((r.wall >= 150ms));
}

BOOST_AUTO_TEST_CASE(a_grace_of_nothing_kills_at_once) {
  auto spec = script("trap '' TERM; echo ready; exec sleep 1000");
  spec.grace = 0s;
  BOOST_TEST(run_into_timeout(spec).signal == SIGKILL);
}

BOOST_AUTO_TEST_CASE(the_longest_spans_are_no_overflow) {
  auto spec = script("exit 4");
  spec.timeout = weir::duration::max();
  spec.grace = weir::duration::max();
  BOOST_TEST(run(spec).exit_status == 4);
  spec = script("trap 'sleep 0.1; exit 3' TERM; echo ready; " + looping);
  spec.grace = weir::duration::max();
  BOOST_TEST(run_into_timeout(spec).exit_status == 3);
}

BOOST_AUTO_TEST_CASE(a_stopped_command_ends_as_well) {
  auto spec = script("echo ready; kill -STOP $$");
  spec.grace = 60s;
  BOOST_TEST(run_into_timeout(spec).signal == SIGTERM);
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_it_and_is_the_error) {
  const auto r = cancel_when_ready(script(std::string{"echo $$ > $READY; exec sleep "} + for_ever));
  BOOST_TEST(weir::is(r.error, weir::ec::canceled));
  BOOST_TEST(contains(weir::text_of(r.error), "enough"));
  BOOST_TEST((r.took < 1s));
  BOOST_TEST(childless());
}

BOOST_AUTO_TEST_CASE(a_deadline_ends_it_and_is_the_error) {
  const auto ctx = weir::context::with_timeout(weir::context::background(), 50ms);
  const auto result = weir::run_process(ctx, command({"sleep", for_ever}));
  BOOST_REQUIRE(!result);
  BOOST_TEST(weir::is(result.error(), weir::ec::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_the_whole_group) {
  auto spec = script("sleep 1000 & (sleep 1000 & sleep 1000) & echo $$ > $READY; wait");
  spec.grace = 100ms;
  const auto r = cancel_when_ready(std::move(spec));
  BOOST_TEST(r.group > 0);
  BOOST_TEST(weir::detail::no_member_runs(r.group));
  BOOST_TEST((r.took < 5s));
}

BOOST_AUTO_TEST_CASE(a_grandchild_that_ignores_term_is_killed_after_the_grace) {
  auto spec = script("(trap '' TERM; echo $$ > $READY; exec sleep 1000) & wait");
  spec.grace = 100ms;
  const auto r = cancel_when_ready(std::move(spec));
  BOOST_TEST(weir::detail::no_member_runs(r.group));
  BOOST_TEST((r.took >= 100ms));
  BOOST_TEST((r.took < 5s));
}

BOOST_AUTO_TEST_CASE(a_grandchild_may_use_the_grace_after_its_leader) {
  const scratch_folder s;
  auto spec = script("(trap 'sleep 0.1; touch " + s.at("done") + "; exit' TERM; echo $$ > $READY; " +
                     looping + ") & trap 'exit 0' TERM; wait");
  spec.grace = 60s;
  cancel_when_ready(std::move(spec));
  BOOST_TEST(std::filesystem::exists(s.at("done")));
}

BOOST_AUTO_TEST_CASE(a_background_process_does_not_hold_the_call_up) {
  const auto r = run(script("sleep 1000 & echo $$"));
  BOOST_TEST((r.wall < 5s));
  BOOST_TEST(r.exit_status == 0);
  BOOST_TEST(weir::detail::no_member_runs(std::stoi(r.out)));
}

BOOST_AUTO_TEST_CASE(what_left_the_group_and_holds_the_output_does_not_hold_the_call_up) {
  const auto r = run(script("setsid sleep 1000 & echo $!"));
  BOOST_TEST((r.wall < 5s));
  // It is the guardian's; here it is only in the way.
  ::kill(std::stoi(r.out), SIGKILL);
}

BOOST_AUTO_TEST_CASE(what_is_in_the_pipes_at_the_end_is_read) {
  constexpr auto fill = "fcntl(STDOUT, 1031, 1 << 20) or die; syswrite(STDOUT, 'x' x 1000000); kill 9, $$";
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(run(command({"perl", "-e", fill})).out.size() == 1'000'000U);
}

BOOST_AUTO_TEST_CASE(output_before_the_end_is_all_there_when_it_is_killed) {
  auto spec = script("head -c 200000 /dev/zero; kill -KILL $$");
  const auto r = run(spec);
  BOOST_TEST(r.signal == SIGKILL);
  BOOST_TEST(r.out.size() == 200'000U);
}

BOOST_AUTO_TEST_SUITE_END()
