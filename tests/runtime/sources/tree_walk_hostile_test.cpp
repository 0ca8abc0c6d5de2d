#include <weir/runtime/system/unique_fd.hpp>

#include <boost/test/unit_test.hpp>
#include <climits>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "../../support/scratch_folder.hpp"
#include "walk_all.hpp"

using namespace weir_test;
using weir::detail::unique_fd;

namespace {

/// Drops, on this thread, what lets root read everything.
class as_nobody {
public:
  as_nobody() : before_(::setfsuid(65534)) {}
  ~as_nobody() { ::setfsuid(static_cast<uid_t>(before_)); }

private:
  int before_;
};

void make_socket(const std::string& path) {
  const unique_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  BOOST_REQUIRE(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  BOOST_REQUIRE_EQUAL(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

/// `depth` folders called `name`, each in the one before, with a file "f" in the last; the path of that.
std::string nest(const scratch_folder& s, const std::string& name, std::size_t depth) {
  unique_fd at{::open(s.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  std::string path;
  for (std::size_t i = 0; i < depth; ++i) {
    BOOST_REQUIRE_EQUAL(::mkdirat(at.get(), name.c_str(), 0755), 0);
    at = unique_fd{::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    path += name + '/';
  }
  BOOST_REQUIRE(unique_fd{::openat(at.get(), "f", O_CREAT | O_WRONLY | O_CLOEXEC, 0644)});
  return path + "f";
}

/// What the standard library can't: it holds a descriptor for each level.
void remove_deep(const scratch_folder& s) {
  BOOST_TEST(std::system(("rm -rf '" + s.path() + "'").c_str()) == 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tree_walk_hostile)

BOOST_AUTO_TEST_CASE(nothing_but_folders_is_ever_opened) {
  const scratch_folder s;
  s.file("a");
  s.folder("d");
  make_socket(s.at("socket"));
  BOOST_REQUIRE_EQUAL(::mkfifo(s.at("pipe").c_str(), 0600), 0);
  s.link("to_pipe", "pipe");
  s.link("to_null", "/dev/null");
  for (const bool follow : {false, true})
    for (const bool yielded : {false, true}) {
      const unique_fd watch{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
      BOOST_REQUIRE(::inotify_add_watch(watch.get(), s.path().c_str(), IN_OPEN) >= 0);
      auto rules = every_file();
      rules.yield_special = yielded;
      rules.follow_symlinks = follow;
      const auto got = walk_all(s.path(), rules);
      check_texts(got.files, {"a"});
      if (!yielded)
        check_texts(got.unreadable, {});
      else
        check_texts(got.unreadable,
                    follow ? texts{"pipe", "socket", "to_null", "to_pipe"} : texts{"pipe", "socket"});
      alignas(inotify_event) char events[4096];
      const auto n = ::read(watch.get(), events, sizeof events);
      BOOST_TEST(n > 0, "the folder itself was opened");
      for (long at = 0; at < n;) {
        const auto& event = *reinterpret_cast<const inotify_event*>(events + at);
        BOOST_TEST((event.mask & IN_ISDIR) != 0U, event.name);
        at += static_cast<long>(sizeof event + event.len);
      }
    }
}

BOOST_AUTO_TEST_CASE(what_vanishes_during_the_walk_is_passed_over) {
  const scratch_folder s;
  for (const auto* name : {"a/1", "b/2", "c/d/3", "e/4", "f/5"})
    s.file(name);
  weir::detail::tree_walk walk{s.path(), every_file()};
  const auto ctx = weir::context::background();
  BOOST_TEST((*walk.next(ctx))->path == s.at("a/1"));
  std::filesystem::remove_all(s.at("b"));
  std::filesystem::remove_all(s.at("c"));
  s.file("c");
  std::filesystem::remove_all(s.at("e"));
  s.link("e", "a");
  BOOST_TEST((*walk.next(ctx))->path == s.at("f/5"));
  BOOST_TEST(!*walk.next(ctx));
}

BOOST_AUTO_TEST_CASE(a_tree_that_changes_all_the_time_is_walked_to_its_end) {
  const scratch_folder s;
  for (const auto* name : {"stays/a", "stays/b/c", "z"})
    s.file(name);
  std::atomic<bool> enough{false};
  std::thread changes{[&] {
    for (unsigned i = 0; !enough; ++i) {
      const auto name = "stays/" + std::to_string(i % 7);
      std::error_code ignored;
      std::filesystem::remove_all(s.at(name), ignored);
      if (i % 3 == 0)
        s.link(name, i % 2 == 0 ? "b" : "..");
      else
        s.file(name + "/x/y");
    }
  }};
  for (int i = 0; i < 300; ++i) {
    const auto got = walk_all(s.path(), every_file());
    check_texts(got.unreadable, {});
    for (const auto* name : {"stays/a", "stays/b/c", "z"})
      BOOST_TEST((std::count(got.files.begin(), got.files.end(), name) == 1), name);
  }
  enough = true;
  changes.join();
}

BOOST_AUTO_TEST_CASE(a_folder_that_can_not_be_read_is_yielded_as_such) {
  const scratch_folder s;
  std::filesystem::permissions(s.path(), std::filesystem::perms{0755});
  for (const auto* name : {"a", "closed/b", "no_search/c", "z"})
    s.file(name);
  s.link("into_closed", "closed/b");
  std::filesystem::permissions(s.at("closed"), std::filesystem::perms::none);
  // Its names can be read, but nothing behind them.
  std::filesystem::permissions(s.at("no_search"), std::filesystem::perms{0744});
  auto rules = every_file();
  {
    const as_nobody low;
    const auto got = walk_all(s.path(), rules);
    check_texts(got.files, {"a", "no_search/c", "z"});
    check_texts(got.unreadable, {"closed"});
    BOOST_TEST(got.reasons.front() == "\"" + s.at("closed") + "\" cannot be read: Permission denied");
    rules.follow_symlinks = true;
    check_texts(walk_all(s.path(), rules).unreadable, {"closed", "into_closed"});
    weir::detail::tree_walk walk{s.at("closed"), every_file()};
    const auto refused = walk.next(weir::context::background());
    BOOST_REQUIRE(!refused);
    BOOST_TEST(weir::is(refused.error(), weir::ec::io));
  }
  std::filesystem::permissions(s.at("closed"), std::filesystem::perms{0755});
}

BOOST_AUTO_TEST_CASE(why_something_is_unreadable_is_told_in_one_printable_line) {
  const scratch_folder s;
  s.link("a\n\x1b[31mb", "missing");
  auto rules = every_file();
  rules.follow_symlinks = true;
  const auto got = walk_all(s.path(), rules);
  check_texts(got.unreadable, {"a\n\x1b[31mb"});
  BOOST_TEST(got.reasons.front().find_first_of("\n\x1b") == std::string::npos, got.reasons.front());
}

BOOST_AUTO_TEST_CASE(no_descriptor_left_makes_a_folder_unreadable_and_is_not_the_end) {
  const scratch_folder s;
  s.file("a/1");
  s.file("b/2");
  weir::detail::tree_walk walk{s.path(), every_file()};
  const auto ctx = weir::context::background();
  BOOST_TEST((*walk.next(ctx))->path == s.at("a/1"));
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{0, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  const auto closed = walk.next(ctx);
  ::setrlimit(RLIMIT_NOFILE, &before);
  BOOST_REQUIRE((closed && *closed));
  BOOST_TEST((*closed)->path == s.at("b"));
  BOOST_TEST(is((*closed)->unreadable, weir::ec::io));
  BOOST_TEST(!*walk.next(ctx));
}

BOOST_AUTO_TEST_CASE(a_tree_may_be_2000_folders_deep) {
  const scratch_folder s;
  const auto file = nest(s, "d", 2000);
  check_texts(walk_all(s.path(), every_file()).files, {file});
  remove_deep(s);
}

BOOST_AUTO_TEST_CASE(a_path_may_be_longer_than_the_systems_limit) {
  for (const std::size_t bytes : {99, 254, 255}) {
    const scratch_folder s;
    const auto file = nest(s, std::string(bytes, 'x'), std::size_t{4} * PATH_MAX / bytes);
    BOOST_TEST(file.size() > 3U * PATH_MAX);
    const auto got = walk_all(s.path(), every_file());
    check_texts(got.files, {file});
    check_texts(got.unreadable, {});
    remove_deep(s);
  }
}

BOOST_AUTO_TEST_CASE(every_length_around_the_limit_of_a_path_is_walked) {
  const scratch_folder s;
  // Below this each name makes the path one byte longer, to the limit and over it.
  const auto file = nest(s, std::string(199, 'x'), (PATH_MAX - 1 - s.path().size()) / 200);
  unique_fd at{::open((s.path() + '/' + file.substr(0, file.size() - 2)).c_str(), O_PATH | O_CLOEXEC)};
  BOOST_REQUIRE(at);
  for (std::size_t bytes = 1; bytes < 255; ++bytes) {
    const std::string name(bytes, 'y');
    ::mkdirat(at.get(), name.c_str(), 0755);
    const unique_fd last{::openat(at.get(), name.c_str(), O_PATH | O_CLOEXEC)};
    ::mkdirat(last.get(), "d", 0755);
    const unique_fd d{::openat(last.get(), "d", O_PATH | O_CLOEXEC)};
    BOOST_REQUIRE(unique_fd{::openat(d.get(), "f", O_CREAT | O_WRONLY | O_CLOEXEC, 0644)});
  }
  const auto got = walk_all(s.path(), every_file());
  BOOST_TEST(got.files.size() == 255U);
  check_texts(got.unreadable, {});
  remove_deep(s);
}

BOOST_AUTO_TEST_CASE(a_folder_may_hold_100_000_entries) {
  constexpr std::size_t count = 100'000;
  const scratch_folder s;
  const unique_fd at{::open(s.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  s.file("0");
  for (std::size_t i = 1; i < count; ++i)
    BOOST_REQUIRE_EQUAL(::mknodat(at.get(), std::to_string(i).c_str(), S_IFREG | 0600, 0), 0);
  const auto got = walk_all(s.path(), every_file());
  BOOST_TEST(got.files.size() == count);
  BOOST_TEST(std::is_sorted(got.files.begin(), got.files.end()));
}

BOOST_AUTO_TEST_SUITE_END()
