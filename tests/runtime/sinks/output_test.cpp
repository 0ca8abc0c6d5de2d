#include <weir/runtime/sinks/output.hpp>
#include <weir/runtime/system/unique_fd.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "../support/files.hpp"
#include "sink_helpers.hpp"

using namespace weir;
using namespace weir_test;
namespace fs = std::filesystem;

namespace {

const record one{{{"n", std::int64_t{1}}}};
constexpr const char* written = "name\tn\na\t1\n";

std::string refusal(const std::string& path) {
  const auto sink = make(tsv_sink(), path);
  BOOST_REQUIRE(!sink);
  BOOST_TEST(is(sink.error(), ec::invalid_option));
  BOOST_TEST(text_of(sink.error()).starts_with("path: "), text_of(sink.error()));
  return text_of(sink.error());
}

/// Standard output leads elsewhere while it lives.
class redirected {
public:
  explicit redirected(int fd) : before_(::dup(STDOUT_FILENO)) { ::dup2(fd, STDOUT_FILENO); }
  ~redirected() { ::dup2(before_.get(), STDOUT_FILENO); }
  redirected(const redirected&) = delete;
  redirected& operator=(const redirected&) = delete;

private:
  weir::detail::unique_fd before_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(outputs)

BOOST_AUTO_TEST_CASE(standard_output_is_the_default) {
  const temporary_folder folder;
  const weir::detail::unique_fd file{
      ::open(folder.path("out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
  for (const auto& kind : built_in_kinds().sinks)
    BOOST_TEST((kind.accepts.at(0).name == "path" && kind.accepts.at(0).fallback == setting{"-"}));
  const redirected to{file.get()};
  const auto sink = made(tsv_sink(), "-");
  REQUIRE_FINE(put(*sink, 0, "a", one));
  BOOST_TEST(content_of(folder.path("out")).empty());
  REQUIRE_FINE(sink->flush());
  BOOST_TEST(content_of(folder.path("out")) == written);
  REQUIRE_FINE(sink->finish());
  BOOST_TEST(content_of(folder.path("out")) == written);
}

BOOST_AUTO_TEST_CASE(a_closed_standard_output_ends_each_sink_with_sink_closed) {
  ::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  weir::detail::unique_fd writer{ends[1]};
  ::close(ends[0]);
  const record sum{{{"sha256", std::string(64, '0')}, {"path", "a"}}};
  for (const auto& kind : built_in_kinds().sinks) {
    const auto sink = made(kind, "-");
    REQUIRE_FINE(put(*sink, 0, "a", sum));
    const redirected to{writer.get()};
    BOOST_TEST(is(sink->finish(), ec::sink_closed), kind.name);
  }
  ::signal(SIGPIPE, SIG_DFL);
}

BOOST_AUTO_TEST_CASE(making_a_sink_touches_nothing) {
  const temporary_folder folder;
  const auto sink = made(tsv_sink(), folder.path("f"));
  REQUIRE_FINE(sink->flush());
  BOOST_TEST(fs::is_empty(folder.path()));
}

BOOST_AUTO_TEST_CASE(a_complete_run_replaces_the_old_file_and_keeps_its_mode) {
  const temporary_folder folder;
  const auto path = folder.path("f");
  write_file(path, "old");
  BOOST_REQUIRE(::chmod(path.c_str(), 0640) == 0);
  const auto sink = made(tsv_sink(), path);
  REQUIRE_FINE(put(*sink, 0, "a", one));
  REQUIRE_FINE(sink->flush());
  BOOST_TEST(content_of(path) == "old");
  BOOST_TEST(content_of(path + ".partial") == written);
  REQUIRE_FINE(sink->finish());
  BOOST_TEST(content_of(path) == written);
  BOOST_TEST(!fs::exists(path + ".partial"));
  BOOST_TEST((fs::status(path).permissions() == fs::perms{0640}));
}

BOOST_AUTO_TEST_CASE(a_run_that_ends_early_leaves_the_old_file_and_whole_lines_beside_it) {
  const temporary_folder folder;
  const auto path = folder.path("f");
  write_file(path, "old");
  write_file(path + ".partial", "of an earlier run, and longer than what is written this time");
  const auto sink = made(tsv_sink(), path);
  REQUIRE_FINE(put(*sink, 0, "a", one));
  REQUIRE_FINE(sink->finish_early());
  BOOST_TEST(content_of(path) == "old");
  BOOST_TEST(content_of(path + ".partial") == written);
}

BOOST_AUTO_TEST_CASE(a_run_without_lines_makes_an_empty_file_only_if_it_is_complete) {
  const temporary_folder folder;
  REQUIRE_FINE(made(tsv_sink(), folder.path("early"))->finish_early());
  BOOST_TEST(fs::is_empty(folder.path()));
  REQUIRE_FINE(made(tsv_sink(), folder.path("done"))->finish());
  BOOST_TEST(content_of(folder.path("done")).empty());
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_stays_and_what_it_leads_to_is_replaced) {
  const temporary_folder folder;
  fs::create_directory(folder.path("d"));
  write_file(folder.path("d/real"), "old");
  fs::create_symlink("d/real", folder.path("link"));
  const auto sink = made(tsv_sink(), folder.path("link"));
  REQUIRE_FINE(put(*sink, 0, "a", one));
  REQUIRE_FINE(sink->finish());
  BOOST_TEST(fs::is_symlink(folder.path("link")));
  BOOST_TEST(content_of(folder.path("d/real")) == written);
}

BOOST_AUTO_TEST_CASE(a_path_that_can_not_be_written_is_refused_before_the_start) {
  const temporary_folder folder;
  BOOST_TEST(refusal("").find("is no path") != std::string::npos);
  BOOST_TEST(refusal(folder.path()).find("is a folder") != std::string::npos);
  BOOST_TEST(refusal(folder.path("new/")).find("names no file") != std::string::npos);
  BOOST_TEST(refusal(folder.path("none/f")).ends_with("/none\": No such file or directory"));
  fs::create_symlink("nowhere", folder.path("link"));
  BOOST_TEST(refusal(folder.path("link")).find("leads nowhere") != std::string::npos);
  write_file(folder.path("kept"), "old");
  BOOST_REQUIRE(::chmod(folder.path("kept").c_str(), 0444) == 0);
  BOOST_REQUIRE(::chmod(folder.path().c_str(), 0555) == 0);
  {
    const without_rights user;
    BOOST_TEST(refusal(folder.path("f")).ends_with("Permission denied"));
    BOOST_TEST(refusal(folder.path("kept")).ends_with("cannot be written to: Permission denied"));
  }
  BOOST_REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  BOOST_TEST(!!make(tsv_sink(), folder.path("f")));
}

BOOST_AUTO_TEST_CASE(two_runs_do_not_write_one_file_at_a_time) {
  const temporary_folder folder;
  const auto path = folder.path("f");
  const auto first = made(tsv_sink(), path);
  auto second = made(tsv_sink(), path);
  REQUIRE_FINE(put(*first, 0, "a", one));
  const auto error = put(*second, 0, "b", one);
  BOOST_TEST(is(error, ec::io));
  BOOST_TEST(text_of(error).find("another run is writing to it") != std::string::npos);
  REQUIRE_FINE(first->finish());
  BOOST_TEST(content_of(path) == written);
  REQUIRE_FINE(made(tsv_sink(), path)->finish());
}

BOOST_AUTO_TEST_CASE(devices_are_written_to_directly) {
  const auto nothing = made(tsv_sink(), "/dev/null");
  REQUIRE_FINE(put(*nothing, 0, "a", one));
  REQUIRE_FINE(nothing->finish());
  const auto full = made(tsv_sink(), "/dev/full");
  REQUIRE_FINE(put(*full, 0, "a", one));
  const auto error = full->finish();
  BOOST_TEST(is(error, ec::io));
  BOOST_TEST(text_of(error) == "cannot write to \"/dev/full\": No space left on device");
}

BOOST_AUTO_TEST_CASE(a_named_pipe_is_written_to_when_it_has_a_reader) {
  const temporary_folder folder;
  const auto path = folder.path("pipe");
  BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const auto early = put(*made(tsv_sink(), path), 0, "a", one);
  BOOST_TEST(is(early, ec::io));
  BOOST_TEST(text_of(early).find("start its reader first") != std::string::npos);
  const weir::detail::unique_fd reader{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  const auto sink = made(tsv_sink(), path);
  REQUIRE_FINE(put(*sink, 0, "a", one));
  REQUIRE_FINE(sink->finish());
  std::string received(64, '\0');
  received.resize(static_cast<std::size_t>(::read(reader.get(), received.data(), received.size())));
  BOOST_TEST(received == written);
  BOOST_TEST(fs::is_fifo(path));
}

BOOST_AUTO_TEST_CASE(a_path_that_is_no_setting_is_checked_and_kept_all_the_same) {
  const temporary_folder folder;
  auto bad = detail::output::to_file(folder.path());
  const auto error = bad.put("a\n");
  BOOST_TEST(is(error, ec::io));
  BOOST_TEST(text_of(error).starts_with("\"" + folder.path() + "\" is a folder"), text_of(error));
  BOOST_TEST(is(bad.finish(), ec::io));
  const auto path = folder.path("pipe");
  BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const detail::unique_fd reader{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  auto special = detail::output::to_file(path);
  REQUIRE_FINE(special.put("a\n"));
  REQUIRE_FINE(special.finish());
  BOOST_TEST(fs::is_fifo(path));
  auto good = detail::output::to_file(folder.path("f"));
  REQUIRE_FINE(good.put("a\n"));
  REQUIRE_FINE(good.finish());
  BOOST_TEST(content_of(folder.path("f")) == "a\n");
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_the_partial_file_is_not_followed) {
  const temporary_folder folder;
  write_file(folder.path("victim"), "precious");
  fs::create_symlink("victim", folder.path("f.partial"));
  BOOST_TEST(is(put(*made(tsv_sink(), folder.path("f")), 0, "a", one), ec::io));
  BOOST_TEST(content_of(folder.path("victim")) == "precious");
}

BOOST_AUTO_TEST_SUITE_END()
