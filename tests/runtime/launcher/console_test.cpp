#include <weir/runtime/launcher/console.hpp>
#include <weir/runtime/system/unique_fd.hpp>

#include <boost/test/unit_test.hpp>
#include <spdlog/logger.h>

#include <array>
#include <csignal>
#include <memory>
#include <string>

#include <fcntl.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include "../../support/asleep.hpp"

using namespace weir;
using namespace weir::config;
using detail::unique_fd;

namespace {

/// What is in `fd` now. There is something, or nobody will write there any more.
std::string read_some(int fd) {
  std::array<char, 65'536> block{};
  const auto n = ::read(fd, block.data(), block.size());
  return {block.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
}

struct wire {
  wire() {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    from = unique_fd{ends[0]};
    to = unique_fd{ends[1]};
  }

  /// All that was written; nobody can write any more.
  std::string all() {
    to.reset();
    std::string text;
    for (auto more = read_some(from.get()); !more.empty(); more = read_some(from.get()))
      text += more;
    return text;
  }

  unique_fd from;
  unique_fd to;
};

/// A terminal of 10 columns that passes on what is written to it as it is.
struct narrow_terminal {
  narrow_terminal() {
    int ours = -1;
    int its = -1;
    winsize size{};
    size.ws_row = 5;
    size.ws_col = 10;
    termios raw{};
    ::cfmakeraw(&raw);
    BOOST_REQUIRE(::openpty(&ours, &its, nullptr, &raw, &size) == 0);
    reader = unique_fd{ours};
    screen = unique_fd{its};
  }
  std::string shown() const { return read_some(reader.get()); }

  unique_fd reader;
  unique_fd screen;
};

const std::string clear = "\r\033[K";

}  // namespace

BOOST_AUTO_TEST_SUITE(consoles)

BOOST_AUTO_TEST_CASE(the_status_line_is_taken_away_before_a_line_and_drawn_again_below_it) {
  wire w;
  {
    console c{w.to.get(), true};
    c.status("1 done");
    c.line("failed: a");
    c.status("2 done");
  }
  BOOST_TEST(w.all() == clear + "1 done" + clear + "failed: a\n1 done" + clear + "2 done" + clear);
}

BOOST_AUTO_TEST_CASE(what_is_written_beside_it_finds_the_status_line_taken_away) {
  wire w;
  const auto results = [&] { BOOST_TEST(::write(w.to.get(), "a 1\nb 2\n", 8) == 8); };
  {
    console c{w.to.get(), true};
    c.beside(results);
    c.status("1 done");
    c.beside(results);
  }
  BOOST_TEST(w.all() == "a 1\nb 2\n" + clear + "1 done" + clear + "a 1\nb 2\n1 done" + clear);
}

BOOST_AUTO_TEST_CASE(an_empty_status_takes_the_line_away_once) {
  wire w;
  {
    console c{w.to.get(), true};
    c.status({});
    c.status("1 done");
    c.status({});
    c.status({});
    c.line("the end");
  }
  BOOST_TEST(w.all() == clear + "1 done" + clear + "the end\n");
}

BOOST_AUTO_TEST_CASE(where_there_is_no_status_line_there_are_only_the_lines) {
  wire w;
  {
    console c{w.to.get(), false};
    BOOST_TEST(!c.live());
    c.status("1 done");
    c.line("failed: a");
    c.status({});
  }
  BOOST_TEST(w.all() == "failed: a\n");
}

BOOST_AUTO_TEST_CASE(a_status_line_is_one_column_narrower_than_the_terminal) {
  const narrow_terminal t;
  console c{t.screen.get(), true};
  c.status("123456789");
  BOOST_TEST(t.shown() == clear + "123456789");
  c.status("123456789A");
  BOOST_TEST(t.shown() == clear + "123456789");
  c.status("größer als");
  BOOST_TEST(t.shown() == clear + "größer al");
  c.line("a line may be longer than that");
  BOOST_TEST(t.shown() == clear + "a line may be longer than that\n" + "größer al");
}

BOOST_AUTO_TEST_CASE(where_no_width_is_known_it_is_that_of_80_columns) {
  wire w;
  {
    console c{w.to.get(), true};
    c.status(std::string(100, 'x'));
  }
  BOOST_TEST(w.all() == clear + std::string(79, 'x') + clear);
}

BOOST_AUTO_TEST_CASE(a_logger_writes_its_lines_above_the_status_line) {
  wire w;
  {
    console c{w.to.get(), true};
    const auto log = c.make_logger("weir");
    c.status("1 done");
    log->warn("no thread was left");
  }
  const auto text = w.all();
  BOOST_TEST(text.starts_with(clear + "1 done" + clear + "20"));
  BOOST_TEST(text.ends_with(" warning: no thread was left\n1 done" + clear));
}

BOOST_AUTO_TEST_CASE(a_full_pipe_that_does_not_block_loses_nothing) {
  wire w;
  BOOST_REQUIRE(::fcntl(w.to.get(), F_SETFL, O_NONBLOCK) == 0);
  const std::string text(1'000'000, 'x');
  std::string read;
  {
    console c{w.to.get(), false};
    weir_test::sleeper writer{[&] { c.line(text); }};
    // It has filled the pipe and waits.
    writer.wait_until_asleep();
    BOOST_REQUIRE(!writer.ended());
    while (read.size() < text.size() + 1) {
      const auto more = read_some(w.from.get());
      BOOST_REQUIRE(!more.empty());
      read += more;
    }
  }
  BOOST_TEST((read == text + '\n'));
}

BOOST_AUTO_TEST_CASE(what_nobody_can_read_any_more_is_dropped) {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before {};
  ::sigaction(SIGPIPE, &ignore, &before);
  wire w;
  w.from.reset();
  {
    console c{w.to.get(), true};
    c.status("1 done");
    c.line("failed: a");
  }
  ::sigaction(SIGPIPE, &before, nullptr);
  BOOST_TEST(true);
}

BOOST_AUTO_TEST_SUITE_END()
