#include <weir/runtime/tasks/guardian.hpp>
#include <weir/runtime/tasks/spawn.hpp>

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <new>
#include <string>

#include <fcntl.h>
#include <sys/resource.h>

#include "../../support/scratch_folder.hpp"
#include "commands.hpp"

using namespace weir_test;

namespace {

/// A limit of this process that a test lowers, as before when it ends.
class lowered_limit {
public:
  lowered_limit(__rlimit_resource what, rlim_t to) : what_(what) {
    ::getrlimit(what_, &before_);
    const rlimit lower{std::min(to, before_.rlim_max), before_.rlim_max};
    BOOST_REQUIRE_EQUAL(::setrlimit(what_, &lower), 0);
  }
  ~lowered_limit() { ::setrlimit(what_, &before_); }

private:
  __rlimit_resource what_;
  rlimit before_{};
};

constexpr bool under_asan =
#ifdef __SANITIZE_ADDRESS__
    true;
#elif defined __has_feature
    __has_feature(address_sanitizer);
#else
    false;
#endif

}  // namespace

BOOST_AUTO_TEST_SUITE(process_start)

BOOST_AUTO_TEST_CASE(what_is_not_there_is_told) {
  BOOST_TEST(refusal(command({"weir_no_such_program"})) ==
             "can't run \"weir_no_such_program\": command not found in any folder of PATH");
  BOOST_TEST(contains(refusal(command({"/missing/program"})), "command not found: there is no such file"));
  BOOST_TEST(contains(refusal(command({"/dev/null/program"})), "command not found: there is no such file"));
  const scratch_folder s;
  const auto program = s.file("script", "#!/missing/interpreter\n");
  std::filesystem::permissions(program, std::filesystem::perms{0755});
  BOOST_TEST(contains(refusal(command({program})), "what its first line names is not there"));
}

BOOST_AUTO_TEST_CASE(what_can_not_be_run_is_told) {
  const scratch_folder s;
  BOOST_TEST(contains(refusal(command({s.file("plain", "echo")})), "it is not executable"));
  BOOST_TEST(contains(refusal(command({s.path()})), "it is not executable"));
  auto by_path = command({"plain"});
  by_path.env = {"PATH=/missing:" + s.path()};
  BOOST_TEST(contains(refusal(by_path), "it is not executable"));
  const auto script_without_first_line = s.file("script", "echo a\n");
  std::filesystem::permissions(script_without_first_line, std::filesystem::perms{0755});
  BOOST_TEST(
      contains(refusal(command({script_without_first_line})), "a script needs a first line such as #!"));
}

BOOST_AUTO_TEST_CASE(a_folder_that_can_not_be_entered_is_told) {
  for (const auto* folder : {"/missing", "/dev/null"}) {
    auto spec = command({"true"});
    spec.cwd = folder;
    BOOST_TEST(contains(refusal(spec), std::string{"can't enter the folder \""} + folder + '"'));
  }
}

BOOST_AUTO_TEST_CASE(what_no_command_line_can_hold_is_told) {
  const std::string nul("a\0b", 3);
  BOOST_TEST(contains(refusal(command({})), "there is no command"));
  BOOST_TEST(contains(refusal(command({""})), "there is no command"));
  BOOST_TEST(contains(refusal(command({"echo", nul})), "NUL byte"));
  auto spec = command({"true"});
  spec.cwd = nul;
  BOOST_TEST(contains(refusal(spec), "NUL byte"));
  spec.cwd.clear();
  for (const auto& entry : {nul, std::string{"A"}, std::string{"=a"}, std::string{}, "A=" + nul}) {
    spec.env = {entry};
    BOOST_TEST(contains(refusal(spec), "is no variable"));
  }
}

BOOST_AUTO_TEST_CASE(arguments_that_are_too_long_are_told) {
  const auto one = refusal(command({"echo", std::string(200'000, 'x')}));
  BOOST_TEST(contains(one, "too long (one argument may have 128 KiB)"), one);
  std::vector<std::string> argv(100'000, std::string(100, 'x'));
  argv.front() = "echo";
  const auto many = refusal(command(argv));
  BOOST_TEST(contains(many, "too long"), many);
  BOOST_TEST(run(command({"/bin/echo", std::string(100'000, 'x')})).out.size() == 100'001U);
}

BOOST_AUTO_TEST_CASE(each_number_of_free_descriptors_gives_a_result_or_a_clear_failure) {
  run(command({"true"}));
  const auto before = entries_of("/proc/self/fd");
  const int lowest_free = ::dup(0);
  ::close(lowest_free);
  bool worked = false;
  int failures = 0;
  for (int limit = lowest_free; limit < lowest_free + 12; ++limit) {
    caf::expected<weir::process_result> result{caf::error{}};
    {
      const lowered_limit few{RLIMIT_NOFILE, static_cast<rlim_t>(limit)};
      result = weir::run_process(weir::context::background(), command({"/bin/echo", "a"}));
    }
    worked = result.operator bool();
    if (!worked) {
      ++failures;
      const auto text = weir::text_of(result.error());
      BOOST_TEST(text.starts_with("can't run \"/bin/echo\": "), text);
      BOOST_TEST(contains(text, "Too many open files; raise the limit of open files (ulimit -n)"), text);
    } else {
      BOOST_TEST(result->out == "a\n");
    }
    BOOST_TEST(entries_of("/proc/self/fd") == before);
    BOOST_TEST(childless());
  }
  BOOST_TEST(failures > 3);
  BOOST_TEST(worked);
}

BOOST_AUTO_TEST_CASE(an_output_that_memory_can_not_hold_leaves_no_process_behind,
                     *boost::unit_test::enable_if<!under_asan>()) {
  auto spec = script("head -c 400000000 /dev/zero; sleep 1000");
  spec.output_bytes_max = 1'000'000'000;
  run(command({"true"}));
  const auto before = entries_of("/proc/self/fd");
  {
    const lowered_limit little{RLIMIT_AS, 600'000'000};
    BOOST_CHECK_THROW(static_cast<void>(weir::run_process(weir::context::background(), spec)),
                      std::bad_alloc);
  }
  BOOST_TEST(childless());
  BOOST_TEST(entries_of("/proc/self/fd") == before);
}

BOOST_AUTO_TEST_CASE(an_application_that_ignores_the_end_of_children_loses_the_status_and_is_told) {
  const auto handler = ::signal(SIGCHLD, SIG_IGN);
  const auto text = refusal(script("exit 3"));
  ::signal(SIGCHLD, handler);
  BOOST_TEST(contains(text, "its exit status was lost"), text);
}

BOOST_AUTO_TEST_CASE(a_canceled_context_starts_nothing) {
  const scratch_folder s;
  const auto ctx = weir::context::with_cancel(weir::context::background());
  ctx.cancel("not wanted");
  const auto result = weir::run_process(ctx, command({"touch", s.at("f")}));
  BOOST_REQUIRE(!result);
  BOOST_TEST(weir::is(result.error(), weir::ec::canceled));
  BOOST_TEST(!std::filesystem::exists(s.at("f")));
}

// The entry belongs to a place, which frees it. Were it free before, another command would take it, and
// the place would then drop that one's group from the table.
BOOST_AUTO_TEST_CASE(a_failed_start_leaves_the_entry_as_it_was) {
  std::atomic<std::int32_t> entry{-1};
  const char* const missing[] = {"/missing", nullptr};
  char name[] = "missing";
  char* const argv[] = {name, nullptr};
  char* const environment[] = {nullptr};
  const weir::detail::unique_fd sink{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  weir::detail::spawn_request request;
  request.programs = missing;
  request.argv = argv;
  request.environment = environment;
  request.out = sink.get();
  request.err = sink.get();
  request.group_entry = &entry;
  weir::detail::spawn_failure why;
  BOOST_TEST(!weir::detail::spawn(request, why).handle);
  BOOST_TEST(why.error == ENOENT);
  BOOST_TEST(entry.load() == -1);
  BOOST_TEST(childless());
}

BOOST_AUTO_TEST_SUITE_END()
