#include <weir/actors/error.hpp>
#include <weir/runtime/tasks/read_file.hpp>

#include <boost/test/unit_test.hpp>

#include <random>
#include <thread>

#include <sys/stat.h>

#include "../support/files.hpp"
#include "task_helpers.hpp"

using namespace weir;
using namespace weir_test;

namespace {

std::string digest_of(const std::string& path) {
  const auto r = run(made(sha256_task()), path);
  BOOST_REQUIRE_MESSAGE(r, (r ? std::string{} : text_of(r.error())));
  return text(*r, "sha256");
}

std::string failure_of(const std::string& path) {
  const auto r = run(made(sha256_task()), path);
  BOOST_REQUIRE(!r);
  BOOST_TEST(is(r.error(), ec::io));
  return text_of(r.error());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sha256)

BOOST_AUTO_TEST_CASE(the_record_is_the_digest_the_path_and_the_size) {
  const temporary_folder folder;
  const auto path = folder.path("abc");
  write_file(path, "abc");
  const auto r = run(made(sha256_task()), path);
  BOOST_REQUIRE(r);
  BOOST_TEST(names_of(*r) == "sha256 path bytes");
  BOOST_TEST(text(*r, "sha256") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(text(*r, "path") == path);
  BOOST_TEST(number(*r, "bytes") == 3);
}

BOOST_AUTO_TEST_CASE(an_empty_file_has_a_digest_too) {
  const temporary_folder folder;
  write_file(folder.path("empty"), "");
  BOOST_TEST(digest_of(folder.path("empty")) ==
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

BOOST_AUTO_TEST_CASE(files_around_the_size_of_a_block_have_the_digest_of_sha256sum) {
  const temporary_folder folder;
  std::mt19937 random{7};
  for (const auto size : {std::size_t{1}, detail::read_block_bytes - 1, detail::read_block_bytes,
                          detail::read_block_bytes + 1, 3 * detail::read_block_bytes + 17}) {
    std::string content(size, '\0');
    for (auto& c : content)
      c = static_cast<char>(random());
    write_file(folder.path("f"), content);
    int status = 0;
    const auto expected = printed_by(folder.path(), "sha256sum f", status).substr(0, 64);
    BOOST_TEST(digest_of(folder.path("f")) == expected, size);
  }
}

BOOST_AUTO_TEST_CASE(a_path_is_bytes) {
  const temporary_folder folder;
  for (const std::string name : {"new\nline", "\xff\xfe", " lead", "back\\slash", "-"}) {
    write_file(folder.path(name), "abc");
    BOOST_TEST(digest_of(folder.path(name)).starts_with("ba7816bf"));
  }
}

BOOST_AUTO_TEST_CASE(several_threads_have_each_their_own_state) {
  const temporary_folder folder;
  const auto task = made(sha256_task());
  for (const auto* name : {"a", "b"})
    write_file(folder.path(name), std::string(50'000, *name));
  const std::string expected[]{digest_of(folder.path("a")), digest_of(folder.path("b"))};
  int wrong[2]{};
  const auto hash = [&](int which) {
    for (int i = 0; i < 100; ++i) {
      const auto r = run(task, folder.path(which == 0 ? "a" : "b"));
      wrong[which] += r && text(*r, "sha256") == expected[which] ? 0 : 1;
    }
  };
  std::thread other{hash, 1};
  hash(0);
  other.join();
  BOOST_TEST(wrong[0] == 0);
  BOOST_TEST(wrong[1] == 0);
}

BOOST_AUTO_TEST_CASE(a_file_that_can_not_be_read_is_named_with_the_reason) {
  const temporary_folder folder;
  BOOST_TEST(failure_of(folder.path("gone")) ==
             "cannot read \"" + folder.path("gone") + "\": No such file or directory");
  BOOST_TEST(failure_of(folder.path()) == "cannot read \"" + folder.path() + "\": Is a directory");
  BOOST_TEST(failure_of(folder.path("a\nb")).find("a\\nb\": No such") != std::string::npos);
  BOOST_TEST(failure_of(std::string{"a\0b", 3}).find("NUL byte") != std::string::npos);
  write_file(folder.path("secret"), "x");
  BOOST_REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  BOOST_REQUIRE(::chmod(folder.path("secret").c_str(), 0) == 0);
  const without_rights user;
  BOOST_TEST(failure_of(folder.path("secret")) ==
             "cannot read \"" + folder.path("secret") + "\": Permission denied");
}

BOOST_AUTO_TEST_CASE(a_named_pipe_and_a_device_are_refused_at_once) {
  const temporary_folder folder;
  BOOST_REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  BOOST_TEST(failure_of(folder.path("pipe")).ends_with("it is a named pipe; allowed: a regular file"));
  BOOST_TEST(failure_of("/dev/zero").ends_with("it is a device; allowed: a regular file"));
}

BOOST_AUTO_TEST_CASE(a_file_whose_size_is_said_to_be_0_is_read_to_its_end) {
  // The kernel hands this one out a page at a time; the stack stands near its end.
  std::string content;
  const auto bytes = detail::read_file(context::background(), "/proc/self/maps",
                                       [&](std::string_view block) { content += block; });
  BOOST_REQUIRE(bytes);
  BOOST_TEST(*bytes == content.size());
  BOOST_TEST(content.size() > 4096U);
  BOOST_TEST(content.find("[stack]") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_cancel_in_the_midst_of_a_big_file_ends_it_at_the_next_block) {
  const temporary_folder folder;
  write_file(folder.path("big"), "");
  std::filesystem::resize_file(folder.path("big"), std::uintmax_t{1} << 40);
  const auto ctx = context::with_cancel(context::background());
  int blocks = 0;
  const auto bytes = detail::read_file(ctx, folder.path("big"), [&](std::string_view) {
    if (++blocks == 3)
      ctx.cancel("enough");
  });
  BOOST_REQUIRE(!bytes);
  BOOST_TEST(is(bytes.error(), ec::canceled));
  BOOST_TEST(text_of(bytes.error()).find("enough") != std::string::npos);
  BOOST_TEST(blocks == 3);
}

BOOST_AUTO_TEST_CASE(a_task_that_was_canceled_gives_the_cause_and_the_next_one_is_right) {
  const temporary_folder folder;
  write_file(folder.path("abc"), "abc");
  const auto ctx = context::with_cancel(context::background());
  ctx.cancel("enough");
  const auto r = run(made(sha256_task()), folder.path("abc"), ctx);
  BOOST_REQUIRE(!r);
  BOOST_TEST(is(r.error(), ec::canceled));
  BOOST_TEST(digest_of(folder.path("abc")).starts_with("ba7816bf"));
}

BOOST_AUTO_TEST_SUITE_END()
