#include <weir/actors/error.hpp>
#include <weir/runtime/nodes/messages.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/sec.hpp>

#include <random>

using namespace weir;
using namespace weir::nodes;
using namespace std::chrono_literals;

namespace {

template <class M>
M through(const M& m) {
  auto read = read_message(to_text(message{m}));
  BOOST_TEST_REQUIRE(static_cast<bool>(read));
  return std::get<M>(std::move(*read));
}

std::vector<message> all_kinds() {
  return {call_message{1, {"t", "v"}, "s", 5s, {"a", ""}},
          cancel_message{2, {ec::deadline_exceeded, "who", "why"}},
          done_message{3, 7ms, {{{}, "r"}, {make_error(ec::failed, "no"), {}}}}, leaving_message{"bye"}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(messages_of_nodes)

BOOST_AUTO_TEST_CASE(messages_come_through_as_they_are) {
  const auto call = through(call_message{1, {"t", "v"}, "s", 5s, {"a", "", std::string("\0b", 2)}});
  BOOST_TEST(call.id == 1u);
  BOOST_TEST((call.task == task_name{"t", "v"}));
  BOOST_TEST(call.settings == "s");
  BOOST_TEST((call.time_left == 5s));
  BOOST_TEST((call.jobs == std::vector<std::string>{"a", "", std::string("\0b", 2)}));
  BOOST_TEST(!through(call_message{1, {}, {}, {}, {"a"}}).time_left.has_value());
  BOOST_TEST((through(call_message{1, {}, {}, -3s, {"a"}}).time_left == 0s));

  const auto cancel = through(cancel_message{2, {ec::deadline_exceeded, "who", "why"}});
  BOOST_TEST(cancel.id == 2u);
  BOOST_TEST((cancel.why.code == ec::deadline_exceeded));
  BOOST_TEST(to_string(cancel.why) == "why (who)");

  const auto done =
      through(done_message{3, 7ms, {{{}, "result"}, {make_error(ec::exception, "thrown"), {}}}});
  BOOST_TEST(done.id == 3u);
  BOOST_TEST((done.busy == 7ms));
  BOOST_TEST_REQUIRE(done.ends.size() == 2u);
  BOOST_TEST(done.ends[0].result == "result");
  BOOST_TEST(is(done.ends[1].why, ec::exception));
  BOOST_TEST(text_of(done.ends[1].why) == "thrown");

  BOOST_TEST(through(leaving_message{"bye"}).why == "bye");
}

BOOST_AUTO_TEST_CASE(an_error_that_is_not_of_weir_keeps_its_text) {
  const auto done = through(done_message{1, {}, {{caf::error{caf::sec::end_of_stream}, {}}}});
  BOOST_TEST(is(done.ends[0].why, ec::failed));
  BOOST_TEST(text_of(done.ends[0].why).find("end_of_stream") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_cut_short_or_too_long_is_refused) {
  for (const auto& m : all_kinds()) {
    const auto text = to_text(m);
    for (std::size_t n = 0; n < text.size(); ++n)
      BOOST_TEST(!read_message(text.substr(0, n)));
    BOOST_TEST(!read_message(text + "x"));
  }
  BOOST_TEST(!read_message("\x04"));
}

BOOST_AUTO_TEST_CASE(a_count_that_is_not_there_takes_no_memory) {
  auto text = to_text(message{call_message{1, {}, {}, {}, {"a"}}});
  text.resize(text.size() - 5);
  for (int i = 0; i < 4; ++i)
    text[text.size() - 4 + static_cast<std::size_t>(i)] = '\xff';
  BOOST_TEST(!read_message(text));
}

BOOST_AUTO_TEST_CASE(random_changes_are_read_or_refused) {
  std::minstd_rand random{11};
  const auto kinds = all_kinds();
  for (int i = 0; i < 100'000; ++i) {
    auto text = to_text(kinds[random() % kinds.size()]);
    for (auto changes = 1 + random() % 3; changes > 0; --changes)
      text[random() % text.size()] = static_cast<char>(random());
    if (const auto read = read_message(text))
      static_cast<void>(to_text(*read));
  }
}

BOOST_AUTO_TEST_CASE(an_offer_comes_through_as_it_is) {
  const auto read = read_offer(to_text(node_offer{{{"a", "1"}, {"b", "x"}}, 8, 64}));
  BOOST_TEST_REQUIRE(static_cast<bool>(read));
  BOOST_TEST((read->tasks == std::vector<task_name>{{"a", "1"}, {"b", "x"}}));
  BOOST_TEST(read->workers == 8u);
  BOOST_TEST(read->credit == 64u);
}

BOOST_AUTO_TEST_CASE(an_offer_that_is_not_one_is_refused) {
  for (const std::string text :
       {"", "{}", "[]", R"({"tasks":[],"workers":0,"credit":1})", R"({"tasks":[],"workers":1,"credit":-1})",
        R"({"tasks":{},"workers":1,"credit":1})", R"({"tasks":[1],"workers":1,"credit":1})",
        R"({"tasks":[{"name":"a"}],"workers":1,"credit":1})",
        R"({"tasks":[],"workers":5000000000,"credit":1})"})
    BOOST_TEST(!read_offer(text), text);
  BOOST_TEST(static_cast<bool>(read_offer(R"({"tasks":[],"workers":1,"credit":1})")));
}

BOOST_AUTO_TEST_SUITE_END()
