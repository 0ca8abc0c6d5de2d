#include <weir/runtime/launcher/document.hpp>

#include <boost/test/unit_test.hpp>

using namespace weir::config;

namespace {

std::string problem_in(const std::string& text) {
  problems found;
  const auto root = parse_document(text, "f.toml", found);
  BOOST_TEST(root.has_value() == found.none());
  return found.text();
}

std::string repeated(const char* piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i)
    out += piece;
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(documents)

BOOST_AUTO_TEST_CASE(keys_and_values_know_where_they_stand) {
  problems found;
  const auto root = parse_document("[b]\nx = 1\n[a]\n  y = \"t\"\n", "f.toml", found);
  BOOST_REQUIRE(root);
  BOOST_TEST(root->as_table()->front().key == "b");
  const auto* y = root->find("a")->content.find("y");
  BOOST_REQUIRE(y);
  BOOST_TEST(to_string(y->at) == "f.toml:4:3");
  BOOST_TEST(to_string(y->content.at) == "f.toml:4:7");
  BOOST_TEST(*y->content.as_text() == "t");
}

BOOST_AUTO_TEST_CASE(a_syntax_error_is_named_with_its_place) {
  BOOST_TEST(problem_in("a = 1\nb = = 2\n").starts_with("f.toml:2:5: not TOML: "));
  BOOST_TEST(problem_in("a = 1\nb = 2\n") == "");
}

BOOST_AUTO_TEST_CASE(brackets_are_allowed_up_to_the_bound) {
  const auto nested = [](std::size_t depth) { return "a = " + repeated("[", depth) + repeated("]", depth); };
  BOOST_TEST(problem_in(nested(nesting_max)) == "");
  BOOST_TEST(problem_in(nested(nesting_max + 1)).starts_with("f.toml:1:37: more than 32 brackets"));
  BOOST_TEST(problem_in("a = " + repeated("[", 200'000)).starts_with("f.toml:1:37: "));
}

BOOST_AUTO_TEST_CASE(parts_of_a_key_are_allowed_up_to_the_bound) {
  BOOST_TEST(problem_in(repeated("a.", key_parts_max - 1) + "a = 1") == "");
  BOOST_TEST(problem_in(repeated("a.", key_parts_max) + "a = 1").find("more than 32 parts") !=
             std::string::npos);
  BOOST_TEST(problem_in("[" + repeated("a.", 400'000) + "a]").find("more than 32 parts") !=
             std::string::npos);
  BOOST_TEST(problem_in(repeated("\"a\" . ", key_parts_max) + "a = 1").find("more than 32") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_deepest_document_within_the_bounds_is_read_and_freed) {
  const auto key = repeated("a.", key_parts_max - 1) + "a = ";
  std::string text = key;
  for (std::size_t i = 0; i < nesting_max; ++i)
    text += "{" + key;
  BOOST_TEST(problem_in(text + "1" + repeated("}", nesting_max)) == "");
}

BOOST_AUTO_TEST_CASE(what_stands_in_strings_and_comments_is_not_counted) {
  const auto brackets = repeated("[", 100);
  const auto dots = repeated(".", 100);
  for (const auto& inner : {brackets, dots}) {
    BOOST_TEST(problem_in("a = \"" + inner + "\\\"" + inner + "\"") == "");
    BOOST_TEST(problem_in("a = '" + inner + "'") == "");
    BOOST_TEST(problem_in("a = '''\n" + inner + "'" + inner + "'''") == "");
    BOOST_TEST(problem_in("a = \"\"\"" + inner + "\"\"\"\"\"") == "");
    BOOST_TEST(problem_in("# " + inner) == "");
  }
  std::string floats = "a = [0.5";
  floats += repeated(", 0.5", 100) + "]";
  BOOST_TEST(problem_in(floats) == "");
}

BOOST_AUTO_TEST_CASE(nul_bytes_and_broken_utf8_are_named_with_their_place) {
  BOOST_TEST(problem_in(std::string{"a = 1\nb\0 = 2", 12}).starts_with("f.toml:2:2: a NUL byte"));
  BOOST_TEST(problem_in(std::string{"# \0", 3}).starts_with("f.toml:1:3: a NUL byte"));
  for (const auto* bytes :
       {"\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"})
    for (const auto* start : {"# ", "a = '", "a = \"\"\""})
      BOOST_TEST(problem_in(start + std::string{bytes}).find("not UTF-8") != std::string::npos);
  BOOST_TEST(problem_in("a = 'ü€😀'") == "");
}

BOOST_AUTO_TEST_CASE(a_column_counts_characters_not_bytes) {
  BOOST_TEST(problem_in("a = 'ü' x").starts_with("f.toml:1:9: "));
}

BOOST_AUTO_TEST_CASE(a_text_is_read_up_to_its_bound_of_bytes) {
  const std::string start = "a = 1\n#";
  BOOST_TEST(problem_in(start + std::string(document_bytes_max - start.size(), '.')) == "");
  BOOST_TEST(problem_in(start + std::string(document_bytes_max - start.size() + 1, '.'))
                 .starts_with("f.toml: larger"));
}

BOOST_AUTO_TEST_CASE(one_value_is_read_and_nothing_else) {
  const place at{"option"};
  BOOST_TEST(std::get<std::int64_t>(parse_value("4", at)->content) == 4);
  BOOST_TEST(parse_value("[1, 2]", at)->as_array()->size() == 2U);
  BOOST_TEST(*parse_value("\"4\"", at)->as_text() == "4");
  for (const auto* text : {"", "abc", "/usr", "1\nw = 2", "*", "\"open"})
    BOOST_TEST(!parse_value(text, at).has_value(), text);
}

BOOST_AUTO_TEST_CASE(texts_in_messages_stay_in_one_line) {
  BOOST_TEST(printable("a\nb\x1b[0m") == "a\\nb\\u001B[0m");
  BOOST_TEST(quoted("a\"b\\c") == R"("a\"b\\c")");
  BOOST_TEST(printable("ääää", 3) == "ä…");
}

BOOST_AUTO_TEST_CASE(control_characters_beyond_ascii_are_escaped_and_their_neighbours_stay) {
  // U+009B starts a command to a terminal as ESC [ does.
  BOOST_TEST(printable("a\u009b2Jb\u0085\u0080\u009f") == "a\\u009B2Jb\\u0085\\u0080\\u009F");
  BOOST_TEST(printable("\u00a0\u00bf\u00c0é") == "\u00a0\u00bf\u00c0é");
  // Neither is a character; no terminal takes them for one.
  BOOST_TEST(printable("\xc2") == "\xc2");
  BOOST_TEST(printable("\xc2x") == "\xc2x");
}

BOOST_AUTO_TEST_SUITE_END()
