#include <weir/actors/error.hpp>
#include <weir/runtime/sources/braces.hpp>
#include <weir/runtime/sources/glob.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <vector>

#include "matches_path.hpp"

using weir::detail::glob_set;
using weir::detail::spell_out_braces;
using weir_test::matches_path;

namespace {

using texts = std::vector<std::string>;

bool matches(const std::string& pattern, const std::string& path) {
  const auto set = glob_set::parse("match", {pattern});
  if (!set)
    BOOST_FAIL(pattern << ": " << weir::text_of(set.error()));
  return matches_path(*set, path);
}

/// The text of the refusal; empty if `patterns` are accepted.
std::string refusal(const texts& patterns) {
  const auto set = glob_set::parse("match", patterns);
  if (set)
    return {};
  BOOST_TEST(weir::is(set.error(), weir::ec::invalid_option));
  return weir::text_of(set.error());
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(glob)

BOOST_AUTO_TEST_CASE(a_star_stays_within_one_name) {
  BOOST_TEST(matches("*.c", "a.c"));
  BOOST_TEST(matches("*.c", ".c"));
  BOOST_TEST(!matches("*.c", "d/a.c"));
  BOOST_TEST(matches("d/*.c", "d/a.c"));
  BOOST_TEST(!matches("d/*", "d"));
  BOOST_TEST(!matches("*", "d/a"));
}

BOOST_AUTO_TEST_CASE(two_stars_are_any_number_of_folders) {
  for (const auto* path : {"a.c", "d/a.c", "d/e/f/a.c"})
    BOOST_TEST(matches("**/*.c", path), path);
  BOOST_TEST(matches("a/**/b", "a/b"));
  BOOST_TEST(matches("a/**/b", "a/x/y/b"));
  BOOST_TEST(matches("a/**/b", "a/b/b"));
  BOOST_TEST(!matches("a/**/b", "a/b/c"));
  BOOST_TEST(!matches("a/**/b", "x/a/b"));
  BOOST_TEST(matches("**/a/**/b/**/c", "a/b/a/x/b/y/z/c"));
}

BOOST_AUTO_TEST_CASE(two_stars_at_the_end_are_everything_below) {
  BOOST_TEST(matches("a/**", "a/b"));
  BOOST_TEST(matches("a/**", "a/b/c/d"));
  BOOST_TEST(!matches("a/**", "a"));
  BOOST_TEST(matches("**", "x"));
  BOOST_TEST(matches("**", "x/y"));
  BOOST_TEST(matches("**/**/**", "x"));
}

BOOST_AUTO_TEST_CASE(two_stars_within_a_name_are_one) {
  BOOST_TEST(matches("a**b", "axyb"));
  BOOST_TEST(!matches("a**b", "a/b"));
}

BOOST_AUTO_TEST_CASE(a_question_mark_is_one_character) {
  BOOST_TEST(matches("a?c", "abc"));
  BOOST_TEST(!matches("a?c", "ac"));
  BOOST_TEST(!matches("a?c", "abbc"));
  BOOST_TEST(!matches("a?c", "a/c"));
}

BOOST_AUTO_TEST_CASE(a_set_is_one_out_of_several) {
  BOOST_TEST(matches("[a-c]x", "bx"));
  BOOST_TEST(!matches("[a-c]x", "dx"));
  for (const auto* negated : {"[!a-c]x", "[^a-c]x"}) {
    BOOST_TEST(matches(negated, "dx"), negated);
    BOOST_TEST(!matches(negated, "ax"), negated);
  }
  BOOST_TEST(matches("[]a]", "]"));
  BOOST_TEST(matches("[!]a]", "b"));
  BOOST_TEST(!matches("[!]a]", "]"));
  BOOST_TEST(matches("[a-]", "-"));
  BOOST_TEST(matches(R"([\]])", "]"));
  BOOST_TEST(matches("[*]", "*"));
  BOOST_TEST(!matches("[*]", "x"));
  BOOST_TEST(matches("[[:digit:]]x", "7x"));
  BOOST_TEST(!matches("[[:digit:]]x", "ax"));
}

BOOST_AUTO_TEST_CASE(a_backslash_takes_the_next_character_as_it_is) {
  BOOST_TEST(matches(R"(\*)", "*"));
  BOOST_TEST(!matches(R"(\*)", "a"));
  BOOST_TEST(matches(R"(\{a,b\})", "{a,b}"));
  BOOST_TEST(matches(R"(a\\b)", R"(a\b)"));
  BOOST_TEST(matches(R"(\[a])", "[a]"));
}

BOOST_AUTO_TEST_CASE(braces_are_either_and_may_hold_slashes) {
  BOOST_TEST(matches("*.{c,h}", "a.h"));
  BOOST_TEST(!matches("*.{c,h}", "a.o"));
  BOOST_TEST(matches("{src,lib/x}/*.c", "lib/x/a.c"));
  BOOST_TEST(matches("{src,lib/x}/*.c", "src/a.c"));
  BOOST_TEST(!matches("{src,lib/x}/*.c", "lib/a.c"));
  BOOST_TEST(matches("{a,{b,c}}d", "cd"));
  BOOST_TEST(matches("a{,b}", "a"));
  BOOST_TEST(matches("a{,b}", "ab"));
  BOOST_TEST(matches("{**/,}x", "d/e/x"));
}

BOOST_AUTO_TEST_CASE(a_leading_dot_is_a_character_like_any_other) {
  BOOST_TEST(matches("*", ".hidden"));
  BOOST_TEST(matches("**/*", ".git/config"));
  BOOST_TEST(matches("?x", ".x"));
}

BOOST_AUTO_TEST_CASE(names_are_bytes) {
  BOOST_TEST(matches("a*b", "a\xff\n b"));
  BOOST_TEST(matches("a?b",
                     "a\xff"
                     "b"));
  BOOST_TEST(matches("*\n", "x\n"));
}

BOOST_AUTO_TEST_CASE(a_pattern_that_is_not_one_is_refused_with_its_fault) {
  struct fault {
    std::string pattern;
    std::string says;
  };
  const std::vector<fault> faults{
      {"", "empty name"},
      {"/a", "empty name"},
      {"a/", "empty name"},
      {"a//b", "empty name"},
      {"a/./b", "\".\""},
      {"../a", "\"..\""},
      {"a[bc", "[ without its ]"},
      {"a[b/c]", "[ without its ]"},
      {"a\\", "backslash at the end"},
      {"a\\/b", "backslash at the end"},
      {"a{b", "no partner"},
      {"a}b", "no partner"},
      {"{a,b}}", "no partner"},
      {"a/{,b}", "empty name"},
      {"{a,{b}", "no partner"},
      {std::string("a*\0b", 4), "NUL"},
      {std::string("a\0b", 3), "NUL"},
      {std::string(4097, 'a'), "longer than 4096"},
  };
  for (const auto& f : faults) {
    const auto text = refusal({f.pattern});
    BOOST_TEST(text.starts_with("match: "), f.pattern << ": " << text);
    BOOST_TEST(contains(text, f.says), f.pattern << ": " << text);
    BOOST_TEST(text.size() < 400U, text);
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_is_one_printable_line) {
  const auto text = refusal({"a\nb\x1b[/c"});
  BOOST_TEST(!text.empty());
  for (const char c : text)
    BOOST_TEST((static_cast<unsigned char>(c) >= 0x20), text);
}

BOOST_AUTO_TEST_CASE(a_pattern_may_have_as_many_names_as_a_place_has_bits) {
  const auto path = [](std::size_t names) {
    std::string p = "a";
    for (std::size_t i = 1; i < names; ++i)
      p += "/a";
    return p;
  };
  BOOST_TEST(matches(path(glob_set::names_max), path(glob_set::names_max)));
  BOOST_TEST(!matches(path(glob_set::names_max), path(glob_set::names_max - 1)));
  BOOST_TEST(contains(refusal({path(glob_set::names_max + 1)}), "more than 63 names"));
  BOOST_TEST(contains(refusal({path(glob_set::names_max) + "/**"}), "more than 63 names"));
}

BOOST_AUTO_TEST_CASE(a_set_without_patterns_matches_nothing) {
  const auto none = glob_set::parse("exclude", {});
  BOOST_REQUIRE(none);
  BOOST_TEST(!matches_path(*none, "a"));
  BOOST_TEST(!glob_set::is_open(none->start()));
}

BOOST_AUTO_TEST_CASE(a_folder_in_which_nothing_can_match_is_closed) {
  const auto set = glob_set::parse("match", {"src/*.c", "lib/**/*.h"});
  BOOST_REQUIRE(set);
  BOOST_TEST(glob_set::is_open(set->below(set->start(), "src")));
  BOOST_TEST(glob_set::is_open(set->below(set->below(set->start(), "lib"), "x")));
  BOOST_TEST(!glob_set::is_open(set->below(set->start(), "doc")));
  BOOST_TEST(!glob_set::is_open(set->below(set->below(set->start(), "src"), "x")));
  BOOST_TEST(!glob_set::is_open(set->below(set->start(), "x.c")));
  const auto last = glob_set::parse("match", {"src"});
  BOOST_REQUIRE(last);
  BOOST_TEST(!glob_set::is_open(last->below(last->start(), "src")));
}

BOOST_AUTO_TEST_CASE(braces_come_out_in_the_order_in_which_they_are_written) {
  const auto all = spell_out_braces("{a,b{c,d}}{e,f}", 8);
  BOOST_REQUIRE(all);
  BOOST_TEST(*all == (texts{"ae", "af", "bce", "bcf", "bde", "bdf"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_brace_in_a_set_or_after_a_backslash_is_a_character) {
  BOOST_TEST(*spell_out_braces(R"([{,]\{x)", 8) == (texts{R"([{,]\{x)"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_number_of_spellings_is_bounded) {
  BOOST_TEST(spell_out_braces("{a,b}{c,d}", 4).has_value());
  BOOST_TEST(!spell_out_braces("{a,b}{c,d}", 3).has_value());
  BOOST_TEST(spell_out_braces("a", 1).has_value());
  BOOST_TEST(!spell_out_braces("a", 0).has_value());
  // The bound is one for all patterns of a set.
  BOOST_TEST(refusal(texts(256, "a")).empty());
  BOOST_TEST(contains(refusal(texts(257, "a")), "more than 256 alternatives"));
}

BOOST_AUTO_TEST_CASE(no_pattern_of_the_allowed_length_takes_long_to_refuse) {
  const auto repeated = [](const std::string& part, const std::string& end) {
    std::string all;
    while (all.size() + part.size() + end.size() <= glob_set::pattern_bytes_max)
      all += part;
    return all + end;
  };
  const std::string eight = "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}";
  for (const auto& bomb :
       {repeated("{a,b}", ""), repeated("{", ""), repeated("{,", ""), repeated("{", "}"),
        "{" + repeated(",", "}").substr(1), eight + repeated("[", "").substr(eight.size())}) {
    const auto before = std::chrono::steady_clock::now();
    BOOST_TEST(!refusal({bomb}).empty(), bomb.substr(0, 40));
    BOOST_TEST((std::chrono::steady_clock::now() - before < std::chrono::seconds{1}), bomb.substr(0, 40));
  }
}

BOOST_AUTO_TEST_CASE(no_pattern_takes_long_to_match) {
  std::string stars;
  for (int i = 0; i < 100; ++i)
    stars += "*a";
  const auto before = std::chrono::steady_clock::now();
  BOOST_TEST(!matches(stars + "b", std::string(255, 'a')));
  std::string deep = "a";
  std::string pattern = "**/a";
  for (int i = 0; i < 30; ++i)
    pattern += "/**/a";
  for (int i = 0; i < 1000; ++i)
    deep += "/a";
  BOOST_TEST(!matches(pattern + "/b", deep));
  BOOST_TEST((std::chrono::steady_clock::now() - before < std::chrono::seconds{1}));
}

BOOST_AUTO_TEST_SUITE_END()
