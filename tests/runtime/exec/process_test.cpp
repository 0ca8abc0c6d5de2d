#include <boost/test/unit_test.hpp>

#include <csignal>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "../../support/scratch_folder.hpp"
#include "commands.hpp"

using namespace weir_test;

namespace {

/// What `run` gives while this thread blocks `blocked` and this process ignores `ignored`.
weir::process_result run_among_signals(const weir::process_spec& spec, int blocked, int ignored) {
  sigset_t set;
  sigset_t before;
  ::sigemptyset(&set);
  ::sigaddset(&set, blocked);
  ::pthread_sigmask(SIG_BLOCK, &set, &before);
  const auto handler = ::signal(ignored, SIG_IGN);
  auto result = run(spec);
  ::signal(ignored, handler);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return result;
}

/// The signals in the line `name` of a process's status, as bits.
unsigned long long mask_in(const std::string& status, const std::string& name) {
  const auto at = status.find(name + ":\t");
  BOOST_REQUIRE(at != std::string::npos);
  return std::stoull(status.substr(at + name.size() + 2, 16), nullptr, 16);
}

constexpr unsigned long long bit(int signal) {
  return 1ULL << (static_cast<unsigned>(signal) - 1);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(both_streams_and_the_status_are_in_the_result) {
  const auto r = run(script("printf 'a\\nb\\000\\377'; echo e >&2; exit 7"));
  BOOST_TEST(r.out == std::string("a\nb\0\xff", 5));
  BOOST_TEST(r.err == "e\n");
  BOOST_TEST(r.exit_status == 7);
  BOOST_TEST(r.signal == 0);
  BOOST_TEST(!r.timed_out);
  BOOST_TEST(!r.out_truncated);
  BOOST_TEST(!r.err_truncated);
  BOOST_TEST((r.wall > weir::duration::zero()));
}

BOOST_AUTO_TEST_CASE(the_signal_that_killed_it_is_in_the_result) {
  const auto r = run(script("kill -SEGV $$"));
  BOOST_TEST(r.signal == SIGSEGV);
  BOOST_TEST(r.exit_status == 0);
}

BOOST_AUTO_TEST_CASE(processor_time_is_counted) {
  const auto r = run(script("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"));
  BOOST_TEST((r.user_cpu + r.system_cpu > std::chrono::milliseconds{5}));
}

BOOST_AUTO_TEST_CASE(output_up_to_the_limit_is_kept_and_more_is_told) {
  auto spec = command({"head", "-c", "100000", "/dev/zero"});
  spec.output_bytes_max = 100'000;
  auto r = run(spec);
  BOOST_TEST(r.out.size() == 100'000U);
  BOOST_TEST(!r.out_truncated);
  spec.output_bytes_max = 99'999;
  r = run(spec);
  BOOST_TEST(r.out.size() == 99'999U);
  BOOST_TEST(r.out_truncated);
  BOOST_TEST(!r.err_truncated);
  spec.output_bytes_max = 0;
  r = run(spec);
  BOOST_TEST(r.out.empty());
  BOOST_TEST(r.out_truncated);
  BOOST_TEST(r.exit_status == 0);
}

BOOST_AUTO_TEST_CASE(much_output_on_both_streams_does_not_stop_the_command) {
  auto spec = script("head -c 3000000 /dev/zero & head -c 2000000 /dev/zero >&2; wait");
  spec.output_bytes_max = 10'000'000;
  const auto r = run(spec);
  BOOST_TEST(r.out.size() == 3'000'000U);
  BOOST_TEST(r.err.size() == 2'000'000U);
}

BOOST_AUTO_TEST_CASE(a_command_may_close_its_streams_and_go_on) {
  const auto r = run(script("echo a; exec >&- 2>&-; sleep 0.05; exit 3"));
  BOOST_TEST(r.out == "a\n");
  BOOST_TEST(r.exit_status == 3);
}

BOOST_AUTO_TEST_CASE(stdin_is_at_its_end) {
  BOOST_TEST(run(command({"cat"})).out.empty());
}

BOOST_AUTO_TEST_CASE(no_descriptor_is_handed_down) {
  const int leaky = ::open("/dev/null", O_RDONLY);
  const int high = ::fcntl(leaky, F_DUPFD, 900);
  BOOST_TEST(run(command({"ls", "/proc/self/fd"})).out == "0\n1\n2\n3\n");
  ::close(leaky);
  ::close(high);
}

BOOST_AUTO_TEST_CASE(it_runs_also_where_this_process_has_no_standard_streams) {
  const int in = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 100);
  const int out = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 100);
  const int err = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 100);
  for (int fd = 0; fd < 3; ++fd)
    ::close(fd);
  const auto result = weir::run_process(weir::context::background(), script("echo o; echo e >&2; cat"));
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  for (const int fd : {in, out, err})
    ::close(fd);
  BOOST_REQUIRE(result);
  BOOST_TEST(result->out == "o\n");
  BOOST_TEST(result->err == "e\n");
}

BOOST_AUTO_TEST_CASE(no_signal_is_blocked_and_a_closed_pipe_ends_it) {
  const auto status = run_among_signals(command({"cat", "/proc/self/status"}), SIGUSR1, SIGPIPE).out;
  BOOST_TEST(mask_in(status, "SigBlk") == 0U);
  BOOST_TEST((mask_in(status, "SigIgn") & bit(SIGPIPE)) == 0U);
}

BOOST_AUTO_TEST_CASE(a_signal_that_is_ignored_stays_ignored_for_nohup) {
  const auto status = run_among_signals(command({"cat", "/proc/self/status"}), SIGUSR1, SIGHUP).out;
  BOOST_TEST((mask_in(status, "SigIgn") & bit(SIGHUP)) != 0U);
}

BOOST_AUTO_TEST_CASE(the_mask_of_the_caller_is_as_before) {
  sigset_t before;
  sigset_t after;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &before);
  run(command({"true"}));
  refusal(command({"/missing"}));
  ::pthread_sigmask(SIG_BLOCK, nullptr, &after);
  for (int number = 1; number < NSIG; ++number)
    BOOST_TEST(::sigismember(&before, number) == ::sigismember(&after, number), number);
}

BOOST_AUTO_TEST_CASE(it_leads_a_session_and_a_group_of_its_own) {
  const auto r = run(script("echo $$; ps -o pid=,pgid=,sid= -p $$"));
  long pid = 0;
  long same[3] = {};
  BOOST_REQUIRE_EQUAL(std::sscanf(r.out.c_str(), "%ld %ld %ld %ld", &pid, &same[0], &same[1], &same[2]), 4);
  for (const auto id : same)
    BOOST_TEST(id == pid);
  BOOST_TEST(pid != ::getpgrp());
}

BOOST_AUTO_TEST_CASE(variables_are_added_or_replaced_and_the_rest_is_ours) {
  ::setenv("WEIR_TEST_OLD", "ours", 1);
  ::setenv("WEIR_TEST_KEPT", "kept", 1);
  auto spec = script("echo $WEIR_TEST_OLD $WEIR_TEST_KEPT $WEIR_TEST_NEW; env | grep -c ^WEIR_TEST_OLD=");
  spec.env = {"WEIR_TEST_OLD=theirs", "WEIR_TEST_NEW=a=b"};
  BOOST_TEST(run(spec).out == "theirs kept a=b\n1\n");
}

BOOST_AUTO_TEST_CASE(the_marker_is_in_the_environment_and_can_not_be_replaced) {
  auto spec = script("echo ${#WEIR_RUN}");
  spec.env = {"WEIR_RUN=x"};
  BOOST_TEST(std::stoi(run(spec).out) >= 32);
}

BOOST_AUTO_TEST_CASE(it_runs_in_the_folder_that_was_asked_for) {
  auto spec = command({"/bin/pwd"});
  spec.cwd = "/usr/share";
  BOOST_TEST(run(spec).out == "/usr/share\n");
}

BOOST_AUTO_TEST_CASE(the_program_is_looked_up_in_the_path_that_it_will_see) {
  const scratch_folder s;
  const auto program = s.file("b/only_here", "#!/bin/sh\necho found\n");
  std::filesystem::permissions(program, std::filesystem::perms{0755});
  s.file("a/only_here", "not executable");
  auto spec = command({"only_here"});
  spec.env = {"PATH=" + s.at("missing") + ':' + s.at("a") + ':' + s.at("b")};
  BOOST_TEST(run(spec).out == "found\n");
  // An empty element is the folder to run in.
  spec.cwd = s.at("b");
  spec.env = {"PATH=:/missing"};
  BOOST_TEST(run(spec).out == "found\n");
}

BOOST_AUTO_TEST_CASE(arguments_arrive_as_they_are) {
  BOOST_TEST(run(command({"printf", "%s|", "", " a", "\n", "*", "\xff", "$x", "{}"})).out ==
             "| a|\n|*|\xff|$x|{}|");
}

BOOST_AUTO_TEST_SUITE_END()
