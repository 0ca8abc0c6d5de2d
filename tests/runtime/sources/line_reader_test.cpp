#include <weir/actors/error.hpp>
#include <weir/runtime/sources/line_reader.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../support/asleep.hpp"

using weir::context;
using weir::detail::line_reader;
using weir::detail::unique_fd;

namespace {

using texts = std::vector<std::string>;

struct pipe_ends {
  unique_fd read;
  unique_fd write;
};

pipe_ends make_pipe(int flags = 0) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE_EQUAL(::pipe2(ends.data(), O_CLOEXEC | flags), 0);
  return {unique_fd{ends[0]}, unique_fd{ends[1]}};
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n <= 0)
      return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

unique_fd file_with(const std::string& text) {
  unique_fd file{::memfd_create("lines", MFD_CLOEXEC)};
  BOOST_REQUIRE(file);
  write_all(file.get(), text);
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

/// All lines; the reader must end without an error.
texts lines_from(int fd, line_reader::limits bounds = {}) {
  line_reader reader{fd, "input", bounds};
  texts all;
  while (true) {
    auto line = reader.next(context::background());
    if (!line)
      BOOST_FAIL(weir::text_of(line.error()));
    if (!*line)
      return all;
    all.push_back(std::move(**line));
    BOOST_REQUIRE_EQUAL(reader.number(), all.size());
  }
}

texts lines_of(const std::string& text, line_reader::limits bounds = {}) {
  return lines_from(file_with(text).get(), bounds);
}

void check_lines(const texts& got, const texts& expected) {
  BOOST_TEST(got == expected, boost::test_tools::per_element());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(line_reader_suite)

BOOST_AUTO_TEST_CASE(the_last_line_needs_no_end) {
  check_lines(lines_of("a\nb\n"), {"a", "b"});
  check_lines(lines_of("a\nb"), {"a", "b"});
  check_lines(lines_of("a"), {"a"});
}

BOOST_AUTO_TEST_CASE(nothing_is_no_line_and_an_empty_line_is_one) {
  check_lines(lines_of(""), {});
  check_lines(lines_of("\n"), {""});
  check_lines(lines_of("\n\na\n\n"), {"", "", "a", ""});
}

BOOST_AUTO_TEST_CASE(lines_are_bytes) {
  check_lines(lines_of(std::string("\xff\0\r\n\x80", 5)), {std::string("\xff\0\r", 3), "\x80"});
}

BOOST_AUTO_TEST_CASE(a_nul_may_be_the_delimiter) {
  check_lines(lines_of(std::string("a\nb\0\0c", 6), {.delimiter = '\0'}), {"a\nb", "", "c"});
}

BOOST_AUTO_TEST_CASE(lines_around_the_size_of_a_block_stay_whole) {
  for (std::size_t less = 0; less < 4; ++less)
    for (std::size_t blocks = 1; blocks < 4; ++blocks) {
      const std::string text(blocks * line_reader::block_bytes + 1 - less, 'x');
      check_lines(lines_of(text + "\nend\n"), {text, "end"});
      check_lines(lines_of(text), {text});
    }
}

BOOST_AUTO_TEST_CASE(a_line_may_have_just_the_allowed_length) {
  check_lines(lines_of("abc\nabc", {.line_bytes_max = 3}), {"abc", "abc"});
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_is_an_error_that_names_its_number) {
  for (const auto& text : {std::string{"a\nabcd\nb\n"}, "a\n" + std::string(300'000, 'x')}) {
    const auto file = file_with(text);
    line_reader reader{file.get(), "\"f\"", {.line_bytes_max = 3}};
    const auto ctx = context::background();
    BOOST_TEST(**reader.next(ctx) == "a");
    const auto line = reader.next(ctx);
    BOOST_REQUIRE(!line);
    BOOST_TEST(weir::is(line.error(), weir::ec::failed));
    BOOST_TEST(weir::text_of(line.error()).starts_with("line 2 of \"f\" is longer than max_line = 3 bytes"),
               weir::text_of(line.error()));
  }
}

BOOST_AUTO_TEST_CASE(an_endless_line_does_not_fill_the_memory) {
  const unique_fd zeros{::open("/dev/zero", O_RDONLY | O_CLOEXEC)};
  BOOST_REQUIRE(zeros);
  line_reader reader{zeros.get(), "input", {}};
  BOOST_TEST(!reader.next(context::background()));
}

BOOST_AUTO_TEST_CASE(random_cuts_of_a_pipe_give_the_lines_that_went_in) {
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  for (const int flags : {0, O_NONBLOCK}) {
    std::mt19937 random{seed};
    texts expected;
    std::string text;
    while (text.size() < 2'000'000) {
      expected.emplace_back(random() % 7 == 0 ? random() % 200'000 : random() % 90, 'a' + random() % 26);
      text += expected.back() + '\n';
    }
    auto ends = make_pipe(flags);
    // Only the read end is to be non-blocking.
    ::fcntl(ends.write.get(), F_SETFL, 0);
    std::thread writer{[&] {
      for (std::size_t at = 0; at < text.size();) {
        const auto n = std::min<std::size_t>(1 + random() % 50'000, text.size() - at);
        write_all(ends.write.get(), std::string_view{text}.substr(at, n));
        at += n;
      }
      ends.write.reset();
    }};
    const auto got = lines_from(ends.read.get());
    writer.join();
    BOOST_TEST((got == expected), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_a_wait_for_input) {
  for (const int flags : {0, O_NONBLOCK}) {
    const auto ends = make_pipe(flags);
    const auto ctx = context::with_cancel(context::background());
    write_all(ends.write.get(), "half a line");
    line_reader reader{ends.read.get(), "input", {}};
    weir_test::sleeper reads{[&] {
      const auto line = reader.next(ctx);
      BOOST_TEST((line && !*line));
    }};
    reads.wait_until_asleep();
    const auto before = std::chrono::steady_clock::now();
    ctx.cancel();
    reads.join();
    BOOST_TEST((std::chrono::steady_clock::now() - before < std::chrono::seconds{1}));
  }
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_the_lines_although_more_are_there) {
  const auto ctx = context::with_cancel(context::background());
  const auto file = file_with("a\nb\n");
  line_reader reader{file.get(), "input", {}};
  BOOST_TEST(**reader.next(ctx) == "a");
  ctx.cancel();
  const auto line = reader.next(ctx);
  BOOST_TEST((line && !*line));
}

BOOST_AUTO_TEST_CASE(what_can_not_be_read_is_an_error_that_says_why) {
  const unique_fd folder{::open("/", O_RDONLY | O_CLOEXEC)};
  for (const int fd : {folder.get(), 1'000'000}) {
    line_reader reader{fd, "\"f\"", {}};
    const auto line = reader.next(context::background());
    BOOST_REQUIRE(!line);
    BOOST_TEST(weir::is(line.error(), weir::ec::io));
    BOOST_TEST(weir::text_of(line.error()).starts_with("cannot read \"f\" after line 0: "),
               weir::text_of(line.error()));
  }
}

BOOST_AUTO_TEST_SUITE_END()
