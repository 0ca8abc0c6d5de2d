#include <weir/actors/error.hpp>
#include <weir/runtime/link/greeting.hpp>

#include <boost/test/unit_test.hpp>

#include <set>

using namespace weir::link;

namespace {

const identity somebody{"node-1", "ABC#1", 7};

bool same(const identity& a, const identity& b) {
  return a.name == b.name && a.engine == b.engine && a.incarnation == b.incarnation;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(greeting)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_again) {
  const auto c = read_challenge(to_text(challenge{somebody, "n"}));
  BOOST_TEST_REQUIRE(static_cast<bool>(c));
  BOOST_TEST(same(c->acceptor, somebody));
  BOOST_TEST(c->nonce == "n");
  const auto h = read_hello(to_text(hello{somebody, "n", "{\"tasks\":[\"a\"]}", 1000}));
  BOOST_TEST_REQUIRE(static_cast<bool>(h));
  BOOST_TEST(same(h->dialer, somebody));
  BOOST_TEST(h->nonce == "n");
  BOOST_TEST(h->offers == "{\"tasks\":[\"a\"]}");
  const auto w = read_welcome(to_text(welcome{"t"}));
  BOOST_TEST_REQUIRE(static_cast<bool>(w));
  BOOST_TEST(w->terms == "t");
}

BOOST_AUTO_TEST_CASE(what_is_not_of_its_shape_is_refused) {
  for (const std::string text :
       {"", "x", "{}", "[]", "1", "null", R"({"version":1})", R"({"version":"1"})", R"({"version":-1})",
        R"({"version":1,"name":1,"engine":"e","incarnation":1,"nonce":"n","offers":""})",
        R"({"version":1,"name":"n","engine":"e","incarnation":-1,"nonce":"n","offers":""})",
        R"({"version":1,"name":"n","engine":"e","incarnation":1,"offers":""})",
        R"({"version":1,"name":"n","engine":"e","incarnation":1,"nonce":"n","offers":""})",
        R"({"version":1,"name":"n","engine":"e","incarnation":1,"nonce":"n","frame_bytes_max":1})"}) {
    BOOST_TEST(!read_hello(text), text);
    BOOST_TEST(!read_welcome(text), text);
  }
  BOOST_TEST(static_cast<bool>(read_hello(
      R"({"version":1,"name":"n","engine":"e","incarnation":1,"nonce":"n","offers":"","frame_bytes_max":1})")));
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_refused_and_costs_no_stack) {
  const std::string deep(record_limits::greeting_bytes_max, '[');
  BOOST_TEST(!read_hello(deep));
  const auto half = record_limits::greeting_bytes_max / 2;
  BOOST_TEST(!read_hello(std::string(half, '[') + std::string(half, ']')));
}

BOOST_AUTO_TEST_CASE(another_version_is_named_whatever_else_it_says) {
  const auto read = read_hello(R"({"version":2})");
  BOOST_TEST_REQUIRE(!read);
  BOOST_TEST(weir::text_of(read.error()).find("version 2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_are_letters_digits_dots_lines_and_dashes) {
  for (const std::string name : {"a", "Node_1", "node-1.example", "9"})
    BOOST_TEST(is_node_name(name), name);
  BOOST_TEST(is_node_name(std::string(64, 'a')));
  for (const std::string name : {"", "a b", "a\n", "*", "a/b", "ä", "a,DNS:b"})
    BOOST_TEST(!is_node_name(name), name);
  BOOST_TEST(!is_node_name(std::string(65, 'a')));
  BOOST_TEST(!read_hello(to_text(hello{{"a b", "e", 1}, "n", "", 1000})));
}

BOOST_AUTO_TEST_CASE(no_nonce_comes_twice) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i)
    seen.insert(make_nonce());
  BOOST_TEST(seen.size() == 100u);
  BOOST_TEST(seen.begin()->size() == 32u);
}

BOOST_AUTO_TEST_SUITE_END()
