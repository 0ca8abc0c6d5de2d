#include <weir/actors/error.hpp>
#include <weir/runtime/sinks/line_writer.hpp>
#include <weir/runtime/sinks/standard_output.hpp>
#include <weir/runtime/system/unique_fd.hpp>

#include <boost/test/unit_test.hpp>

#include <future>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>

#include "../support/files.hpp"

using namespace weir;
using namespace weir_test;
using weir::detail::line_writer;
using weir::detail::unique_fd;

namespace {

struct pipe_ends {
  explicit pipe_ends(int flags = 0) {
    int ends[2];
    BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC | flags) == 0);
    reader = unique_fd{ends[0]};
    writer = unique_fd{ends[1]};
  }
  unique_fd reader;
  unique_fd writer;
};

/// Standard output leads to `fd` for as long as this lives.
class redirected_output {
public:
  explicit redirected_output(int fd) : before_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)) {
    BOOST_REQUIRE(::dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
  }
  ~redirected_output() { ::dup2(before_.get(), STDOUT_FILENO); }
  redirected_output(const redirected_output&) = delete;
  redirected_output& operator=(const redirected_output&) = delete;

private:
  unique_fd before_;
};

bool is_empty(const pipe_ends& p) {
  pollfd input{p.reader.get(), POLLIN, 0};
  return ::poll(&input, 1, 0) == 0;
}

/// Everything up to the end, in small and odd pieces.
std::string read_all(int fd) {
  std::string all;
  std::vector<char> block(777);
  while (true) {
    pollfd input{fd, POLLIN, 0};
    ::poll(&input, 1, -1);
    const auto n = ::read(fd, block.data(), block.size());
    if (n <= 0)
      return all;
    all.append(block.data(), static_cast<std::size_t>(n));
  }
}

std::string lines(std::size_t count, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    auto line = std::to_string(i);
    line.resize(bytes - 1, '.');
    text += line + '\n';
  }
  return text;
}

struct without_sigpipe {
  without_sigpipe() { ::signal(SIGPIPE, SIG_IGN); }
  ~without_sigpipe() { ::signal(SIGPIPE, SIG_DFL); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(line_writers)

BOOST_AUTO_TEST_CASE(lines_are_held_until_a_flush) {
  const pipe_ends p;
  line_writer out{p.writer.get(), "the pipe"};
  BOOST_TEST(!out.put("a\n"));
  BOOST_TEST(!out.put("b\n"));
  BOOST_TEST(is_empty(p));
  BOOST_TEST(!out.flush());
  BOOST_TEST(!is_empty(p));
}

BOOST_AUTO_TEST_CASE(a_full_buffer_is_written_out_at_the_end_of_a_line) {
  const temporary_folder folder;
  const unique_fd file{::open(folder.path("f").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
  line_writer out{file.get(), "f"};
  const auto line = lines(1, 1000);
  for (int i = 0; i < 66; ++i)
    BOOST_TEST(!out.put(line));
  const auto written = content_of(folder.path("f"));
  BOOST_TEST(written.size() == 65'000U);
  BOOST_TEST(written.ends_with('\n'));
}

BOOST_AUTO_TEST_CASE(a_pipe_that_takes_a_part_at_a_time_gets_everything_in_order) {
  for (const int flags : {0, O_NONBLOCK}) {
    pipe_ends p{flags};
    auto received = std::async(std::launch::async, read_all, p.reader.get());
    const auto small = lines(5000, 100);
    const auto large = lines(1, 300'000);
    {
      line_writer out{p.writer.get(), "the pipe"};
      for (std::size_t at = 0; at < small.size(); at += 100)
        BOOST_TEST(!out.put(std::string_view{small}.substr(at, 100)));
      BOOST_TEST(!out.put(large));
      BOOST_TEST(!out.put("end\n"));
      BOOST_TEST(!out.flush());
    }
    p.writer.reset();
    BOOST_TEST((received.get() == small + large + "end\n"));
  }
}

BOOST_AUTO_TEST_CASE(a_reader_that_has_gone_is_told_and_stays_told) {
  const without_sigpipe ignored;
  pipe_ends p;
  line_writer out{p.writer.get(), "standard output"};
  p.reader.reset();
  BOOST_TEST(!out.put("a\n"));
  const auto error = out.flush();
  BOOST_TEST(is(error, ec::sink_closed));
  BOOST_TEST(text_of(error) == "standard output was closed by its reader");
  BOOST_TEST(is(out.put("b\n"), ec::sink_closed));
  BOOST_TEST(is(out.flush(), ec::sink_closed));
}

BOOST_AUTO_TEST_CASE(a_reader_that_goes_while_the_writer_waits_is_told) {
  const without_sigpipe ignored;
  for (const int flags : {0, O_NONBLOCK}) {
    pipe_ends p{flags};
    auto gone = std::async(std::launch::async, [&] {
      pollfd input{p.reader.get(), POLLIN, 0};
      ::poll(&input, 1, -1);
      p.reader.reset();
    });
    line_writer out{p.writer.get(), "the pipe"};
    BOOST_TEST(is(out.put(lines(1, 1'000'000)), ec::sink_closed));
    gone.get();
  }
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_told_with_name_and_reason) {
  const unique_fd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  line_writer out{full.get(), "\"/dev/full\""};
  BOOST_TEST(!out.put("a\n"));
  const auto error = out.flush();
  BOOST_TEST(is(error, ec::io));
  BOOST_TEST(text_of(error) == "cannot write to \"/dev/full\": No space left on device");
}

BOOST_AUTO_TEST_CASE(a_file_that_can_not_grow_ends_with_a_whole_line) {
  const temporary_folder folder;
  for (const int flags : {0, O_APPEND}) {
    const auto path = folder.path(flags == 0 ? "f" : "appended");
    const unique_fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600)};
    line_writer out{file.get(), "f"};
    rlimit before{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    auto tight = before;
    tight.rlim_cur = 1050;
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &tight);
    auto error = out.put(lines(20, 100));
    if (!error)
      error = out.flush();
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, SIG_DFL);
    BOOST_TEST(is(error, ec::io));
    BOOST_TEST(content_of(path) == lines(10, 100));
  }
}

BOOST_AUTO_TEST_CASE(whoever_shares_standard_output_makes_room_for_each_write_there_and_for_no_other) {
  pipe_ends p;
  const auto wrote = [](int fd, const std::string& text) {
    line_writer out{fd, "f"};
    return !out.put(text) && !out.flush();
  };
  unsigned made = 0;
  {
    const redirected_output to_pipe{p.writer.get()};
    {
      const detail::shared_standard_output shared{[&](const auto& write) {
        ++made;
        BOOST_TEST(is_empty(p));
        write();
        BOOST_TEST(!is_empty(p));
      }};
      BOOST_TEST(wrote(STDOUT_FILENO, "shared\n"));
      BOOST_TEST(wrote(p.writer.get(), "not it\n"));
    }
    BOOST_TEST(wrote(STDOUT_FILENO, "no more\n"));
  }
  BOOST_TEST(made == 1u);
  p.writer.reset();
  BOOST_TEST(read_all(p.reader.get()) == "shared\nnot it\nno more\n");
}

BOOST_AUTO_TEST_SUITE_END()
