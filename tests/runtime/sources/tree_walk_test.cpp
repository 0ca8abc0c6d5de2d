#include <weir/actors/error.hpp>
#include <weir/runtime/kinds.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <string>

#include "../../support/scratch_folder.hpp"
#include "walk_all.hpp"

using namespace weir_test;

BOOST_AUTO_TEST_SUITE(tree_walk)

BOOST_AUTO_TEST_CASE(each_folder_comes_in_the_order_of_its_bytes) {
  const scratch_folder s;
  for (const auto* name : {"b", "a/z", "a/b/c", "a/b.c", "A", "c\xff", "c\x01", "a-"})
    s.file(name);
  s.folder("empty");
  check_texts(walk_all(s.path(), every_file()).files,
              {"A", "a/b/c", "a/b.c", "a/z", "a-", "b", "c\x01", "c\xff"});
}

BOOST_AUTO_TEST_CASE(names_may_be_any_bytes) {
  const scratch_folder s;
  const texts names{"\n", " ", " a b", "-rf", "\"'`$", "\\", "a\nb", "\xc3\xa4", "\xff\xfe", "~"};
  for (const auto& name : names)
    s.file("d" + name + "/" + name);
  auto expected = names;
  for (auto& name : expected)
    name = "d" + name + "/" + name;
  std::sort(expected.begin(), expected.end());
  check_texts(walk_all(s.path(), every_file()).files, expected);
}

BOOST_AUTO_TEST_CASE(only_what_matches_and_is_not_excluded_is_yielded) {
  const scratch_folder s;
  for (const auto* name : {"a.c", "a.h", "src/b.c", "src/gen/c.c", "doc/a.c", "doc/x"})
    s.file(name);
  auto rules = every_file();
  rules.match = patterns({"**/*.c"});
  rules.exclude = patterns({"**/gen", "doc/a.*"});
  check_texts(walk_all(s.path(), rules).files, {"a.c", "src/b.c"});
}

BOOST_AUTO_TEST_CASE(a_file_that_is_left_out_is_not_yielded_whatever_path_names_it) {
  const scratch_folder s;
  for (const auto* name : {"a/out", "a/out.partial", "b/out", "c"})
    s.file(name);
  weir::detail::tree_walk walk{s.path(), every_file()};
  walk.leave_out({s.path() + "/b/../a/out", s.path() + "/a/out.partial", s.path() + "/none/c"});
  texts files;
  for (auto file = walk.next(weir::context::background()); file && *file;
       file = walk.next(weir::context::background()))
    files.push_back((*file)->path.substr(s.path().size() + 1));
  check_texts(files, {"b/out", "c"});
}

BOOST_AUTO_TEST_CASE(hidden_entries_are_taken_unless_that_is_not_wanted) {
  const scratch_folder s;
  for (const auto* name : {".a", ".d/b", "c", "d/.e"})
    s.file(name);
  auto rules = every_file();
  check_texts(walk_all(s.path(), rules).files, {".a", ".d/b", "c", "d/.e"});
  rules.hidden = false;
  check_texts(walk_all(s.path(), rules).files, {"c"});
}

BOOST_AUTO_TEST_CASE(the_root_itself_may_be_hidden) {
  const scratch_folder s;
  s.file(".root/a");
  auto rules = every_file();
  rules.hidden = false;
  check_texts(walk_all(s.at(".root"), rules).files, {"a"});
}

BOOST_AUTO_TEST_CASE(the_depth_counts_from_the_root) {
  const scratch_folder s;
  for (const auto* name : {"a", "1/b", "1/2/c"})
    s.file(name);
  auto rules = every_file();
  rules.depth_max = 1;
  check_texts(walk_all(s.path(), rules).files, {"a"});
  rules.depth_max = 2;
  check_texts(walk_all(s.path(), rules).files, {"1/b", "a"});
  rules.depth_max = 3;
  check_texts(walk_all(s.path(), rules).files, {"1/2/c", "1/b", "a"});
}

BOOST_AUTO_TEST_CASE(symbolic_links_are_passed_over_in_silence) {
  const scratch_folder s;
  s.file("d/a");
  s.link("file", "d/a");
  s.link("folder", "d");
  s.link("nowhere", "missing");
  const auto got = walk_all(s.path(), every_file());
  check_texts(got.files, {"d/a"});
  check_texts(got.unreadable, {});
}

BOOST_AUTO_TEST_CASE(symbolic_links_are_followed_where_that_is_asked_for) {
  const scratch_folder s;
  s.file("d/a");
  s.link("file", "d/a");
  s.link("folder", "d");
  auto rules = every_file();
  rules.follow_symlinks = true;
  const auto got = walk_all(s.path(), rules);
  check_texts(got.files, {"d/a", "file", "folder/a"});
  check_texts(got.unreadable, {});
}

BOOST_AUTO_TEST_CASE(a_loop_of_links_is_unreadable_and_the_walk_goes_on) {
  const scratch_folder s;
  s.file("d/e/f");
  s.link("d/e/up", "..");
  s.link("d/e/top", "../..");
  s.link("d/self", "self");
  s.link("d/z", "missing");
  s.file("z");
  auto rules = every_file();
  rules.follow_symlinks = true;
  const auto got = walk_all(s.path(), rules);
  check_texts(got.files, {"d/e/f", "z"});
  check_texts(got.unreadable, {"d/e/top", "d/e/up", "d/self", "d/z"});
  BOOST_TEST(got.reasons[0].find("back to the folder \"" + s.path()) != std::string::npos, got.reasons[0]);
  BOOST_TEST(got.reasons[2].find("leads nowhere") != std::string::npos, got.reasons[2]);
}

BOOST_AUTO_TEST_CASE(a_link_that_is_excluded_or_not_matched_is_not_yielded) {
  const scratch_folder s;
  s.link("a", "missing");
  s.link("b.c", "missing");
  auto rules = every_file();
  rules.follow_symlinks = true;
  rules.match = patterns({"*.c"});
  check_texts(walk_all(s.path(), rules).unreadable, {"b.c"});
  rules.exclude = patterns({"b*"});
  check_texts(walk_all(s.path(), rules).unreadable, {});
}

BOOST_AUTO_TEST_CASE(the_root_may_be_a_link_and_may_end_in_a_slash) {
  const scratch_folder s;
  s.file("d/a");
  s.link("l", "d");
  check_texts(walk_all(s.at("l"), every_file()).files, {"a"});
  weir::detail::tree_walk walk{s.at("d/"), every_file()};
  BOOST_TEST((*walk.next(weir::context::background()))->path == s.at("d/a"));
}

BOOST_AUTO_TEST_CASE(a_root_that_is_a_file_is_the_one_item) {
  const scratch_folder s;
  weir::detail::tree_walk walk{s.file("a"), every_file()};
  BOOST_TEST((*walk.next(weir::context::background()))->path == s.at("a"));
  BOOST_TEST(!*walk.next(weir::context::background()));
}

BOOST_AUTO_TEST_CASE(a_root_that_is_not_there_is_an_error) {
  const scratch_folder s;
  weir::detail::tree_walk walk{s.at("missing\n"), every_file()};
  const auto file = walk.next(weir::context::background());
  BOOST_REQUIRE(!file);
  BOOST_TEST(weir::is(file.error(), weir::ec::io));
  BOOST_TEST(
      weir::text_of(file.error()).find("missing\\n\" cannot be read: No such file") != std::string::npos,
      weir::text_of(file.error()));
}

BOOST_AUTO_TEST_CASE(a_canceled_context_ends_the_walk) {
  const scratch_folder s;
  s.file("a");
  s.file("b");
  const auto ctx = weir::context::with_cancel(weir::context::background());
  weir::detail::tree_walk walk{s.path(), every_file()};
  BOOST_TEST((*walk.next(ctx)).has_value());
  ctx.cancel();
  BOOST_TEST(!(*walk.next(ctx)).has_value());
}

BOOST_AUTO_TEST_CASE(a_random_tree_gives_what_find_prints) {
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random{seed};
  const scratch_folder s;
  texts folders{"."};
  for (int i = 0; i < 500; ++i) {
    const auto above = folders[random() % folders.size()] + '/';
    const auto name = above + std::to_string(random() % 1000);
    // A link counts also where it leads nowhere.
    if (std::filesystem::exists(std::filesystem::symlink_status(s.at(name))))
      continue;
    if (random() % 3 == 0)
      folders.push_back(name), s.folder(name);
    else if (random() % 4 == 0)
      s.link(name, std::to_string(random() % 1000));
    else
      s.file(name);
  }
  const std::unique_ptr<FILE, int (*)(FILE*)> out{
      ::popen(("cd '" + s.path() + "' && find . -type f -printf '%P\\n'").c_str(), "r"), &::pclose};
  texts expected;
  char line[512];
  while (std::fscanf(out.get(), "%511[^\n]\n", line) == 1)
    expected.emplace_back(line);
  auto got = walk_all(s.path(), every_file()).files;
  BOOST_TEST(got.size() > 100U);
  std::sort(got.begin(), got.end());
  std::sort(expected.begin(), expected.end());
  BOOST_TEST(got == expected, "seed " << seed);
}

BOOST_AUTO_TEST_CASE(an_item_of_the_files_source_is_a_path_and_called_by_it) {
  const scratch_folder s;
  s.file("a b");
  weir::settings all;
  for (const auto& spec : weir::files_source().accepts)
    all.set(spec.name, spec.fallback);
  all.set("root", s.path());
  const auto files = weir::files_source().make(all);
  BOOST_REQUIRE(files);
  const auto item = (*files)->next(weir::context::background());
  BOOST_REQUIRE((item && *item));
  BOOST_TEST(std::get<std::string>((*item)->input) == s.at("a b"));
  BOOST_TEST((*item)->name == s.at("a b"));
  for (const auto& root : {s.at("missing"), std::string{"/dev/null"}, std::string{}}) {
    all.set("root", root);
    const auto refused = weir::files_source().make(all);
    BOOST_REQUIRE(!refused);
    BOOST_TEST(weir::is(refused.error(), weir::ec::invalid_option));
    BOOST_TEST(weir::text_of(refused.error()).starts_with("root: "));
  }
}

BOOST_AUTO_TEST_SUITE_END()
