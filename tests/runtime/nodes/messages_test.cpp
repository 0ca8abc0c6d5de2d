#include <weir/actors/error.hpp>
#include <weir/runtime/nodes/messages.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/sec.hpp>

#include <algorithm>
#include <random>

#include "message_support.hpp"

using namespace weir;
using namespace weir::nodes;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

template <class M>
M read_as(const std::string& text) {
  auto read = read_message(text);
  BOOST_TEST_REQUIRE(static_cast<bool>(read));
  return std::get<M>(std::move(*read));
}

std::vector<std::string> all_kinds() {
  return {call_text(1, {"t", "v"}, {"a", ""}, "s", 5s),
          to_text(cancel_message{2, {ec::deadline_exceeded, "who", "why"}}),
          done_text(3, {{{}, "r"}, {make_error(ec::failed, "no"), {}}}, 7ms),
          to_text(leaving_message{"bye"})};
}

/// As a worker or a lane does.
bool is_whole(const message& m) {
  if (const auto* call = std::get_if<call_message>(&m)) {
    auto from = call->jobs.read();
    for (std::uint32_t i = 0; i < call->jobs.count() && from.good(); ++i)
      static_cast<void>(from.text());
    return from.whole();
  }
  if (const auto* done = std::get_if<done_message>(&m)) {
    auto from = done->ends.read();
    for (std::uint32_t i = 0; i < done->ends.count(); ++i)
      if (!read_result(from) && !read_failure(from))
        return false;
    return from.whole();
  }
  return true;
}

bool is_message(const std::string& text) {
  const auto read = read_message(text);
  return read && is_whole(*read);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(messages_of_nodes)

BOOST_AUTO_TEST_CASE(messages_come_through_as_they_are) {
  const std::vector<std::string> jobs{"a", "", std::string("\0b", 2)};
  const auto call = read_as<call_message>(call_text(1, {"t", "v"}, jobs, "s", 5s));
  BOOST_TEST(call.id == 1u);
  BOOST_TEST((call.task == task_name{"t", "v"}));
  BOOST_TEST(call.settings == "s");
  BOOST_TEST((call.time_left == 5s));
  BOOST_TEST(jobs_of(call) == jobs);
  BOOST_TEST(!read_as<call_message>(call_text(1, {}, {"a"})).time_left.has_value());
  BOOST_TEST((read_as<call_message>(call_text(1, {}, {"a"}, "", -3s)).time_left == 0s));

  const auto cancel =
      read_as<cancel_message>(to_text(cancel_message{2, {ec::deadline_exceeded, "who", "why"}}));
  BOOST_TEST(cancel.id == 2u);
  BOOST_TEST((cancel.why.code == ec::deadline_exceeded));
  BOOST_TEST(to_string(cancel.why) == "why (who)");

  const auto done =
      read_as<done_message>(done_text(3, {{{}, "result"}, {make_error(ec::exception, "thrown"), {}}}, 7ms));
  BOOST_TEST(done.id == 3u);
  BOOST_TEST((done.busy == 7ms));
  const auto ends = ends_of(done);
  BOOST_TEST_REQUIRE(ends.size() == 2u);
  BOOST_TEST(ends[0].result == "result");
  BOOST_TEST(is(ends[1].why, ec::exception));
  BOOST_TEST(text_of(ends[1].why) == "thrown");

  BOOST_TEST(read_as<leaving_message>(to_text(leaving_message{"bye"})).why == "bye");
}

BOOST_AUTO_TEST_CASE(an_error_that_is_not_of_weir_keeps_its_text) {
  const auto ends = ends_of(read_as<done_message>(done_text(1, {{caf::error{caf::sec::end_of_stream}, {}}})));
  BOOST_TEST(is(ends[0].why, ec::failed));
  BOOST_TEST(text_of(ends[0].why).find("end_of_stream") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_throws_as_it_is_written_leaves_nothing_behind) {
  const auto half = [](std::string& out) {
    out += "half";
    throw std::runtime_error{"no"};
  };
  call_writer call{1, {"t", "v"}, "", {}, {}};
  call.add([](std::string& out) { out += "a"; });
  BOOST_CHECK_THROW(call.add(half), std::runtime_error);
  BOOST_TEST((jobs_of(read_as<call_message>(call.take())) == std::vector<std::string>{"a"}));

  done_writer done{1, 0};
  BOOST_CHECK_THROW(done.add_result(half), std::runtime_error);
  done.add_result([](std::string& out) { out += "a"; });
  const auto ends = ends_of(read_as<done_message>(done.take({})));
  BOOST_TEST_REQUIRE(ends.size() == 1u);
  BOOST_TEST(ends[0].result == "a");
}

BOOST_AUTO_TEST_CASE(the_last_outcome_can_go_to_another_message) {
  done_writer first{1, 0};
  first.add_result([](std::string& out) { out += "a"; });
  const auto at = first.size();
  first.add_result([](std::string& out) { out += "b"; });
  done_writer second{1, 0};
  first.move_last(at, second);
  const auto before = ends_of(read_as<done_message>(first.take({})));
  const auto after = ends_of(read_as<done_message>(second.take({})));
  BOOST_TEST_REQUIRE((before.size() == 1u && after.size() == 1u));
  BOOST_TEST(before[0].result == "a");
  BOOST_TEST(after[0].result == "b");
}

BOOST_AUTO_TEST_CASE(what_is_cut_short_or_too_long_is_refused) {
  for (const auto& text : all_kinds()) {
    BOOST_TEST(is_message(text));
    for (std::size_t n = 0; n < text.size(); ++n)
      BOOST_TEST(!is_message(text.substr(0, n)));
    BOOST_TEST(!is_message(text + "x"));
  }
  BOOST_TEST(!is_message("\x04"));
}

BOOST_AUTO_TEST_CASE(a_count_of_none_or_of_too_many_is_refused) {
  const auto with_count = [](std::uint32_t n) {
    auto text = call_text(1, {"t", "v"}, {"a"});
    for (std::size_t i = 0; i < 4; ++i)
      text[text.size() - 9 + i] = static_cast<char>(n >> 8 * (3 - i));
    return text;
  };
  BOOST_TEST(is_message(with_count(1)));
  BOOST_TEST(!read_message(with_count(0)));
  BOOST_TEST(static_cast<bool>(read_message(with_count(call_jobs_max))));
  BOOST_TEST(!is_message(with_count(call_jobs_max)));
  BOOST_TEST(!read_message(with_count(call_jobs_max + 1)));
  BOOST_TEST(!read_message(with_count(~0u)));
}

BOOST_AUTO_TEST_CASE(random_changes_are_read_or_refused) {
  std::minstd_rand random{11};
  const auto kinds = all_kinds();
  for (int i = 0; i < 100'000; ++i) {
    auto text = kinds[random() % kinds.size()];
    for (auto changes = 1 + random() % 3; changes > 0; --changes)
      text[random() % text.size()] = static_cast<char>(random());
    static_cast<void>(is_message(text));
  }
}

BOOST_AUTO_TEST_CASE(an_offer_comes_through_as_it_is) {
  const auto read = read_offer(to_text(node_offer{{{"a", "1", "i32 -> u8"}, {"b", "x"}}, 8, 64, 3}));
  BOOST_TEST_REQUIRE(static_cast<bool>(read));
  BOOST_TEST((read->tasks == std::vector<task_name>{{"a", "1", "i32 -> u8"}, {"b", "x"}}));
  BOOST_TEST(read->workers == 8u);
  BOOST_TEST(read->credit == 64u);
  BOOST_TEST(read->held == 3u);
}

BOOST_AUTO_TEST_CASE(an_offer_that_is_not_one_is_refused) {
  for (const std::string text :
       {"", "{}", "[]", R"({"tasks":[],"workers":0,"credit":1,"held":0})",
        R"({"tasks":[],"workers":1,"credit":-1,"held":0})",
        R"({"tasks":[],"workers":1,"credit":1,"held":-1})", R"({"tasks":[],"workers":1,"credit":1})",
        R"({"tasks":{},"workers":1,"credit":1,"held":0})", R"({"tasks":[1],"workers":1,"credit":1,"held":0})",
        R"({"tasks":[{"name":"a"}],"workers":1,"credit":1,"held":0})",
        R"({"tasks":[],"workers":5000000000,"credit":1,"held":0})"})
    BOOST_TEST(!read_offer(text), text);
  BOOST_TEST(static_cast<bool>(read_offer(R"({"tasks":[],"workers":1,"credit":1,"held":0})")));
}

BOOST_AUTO_TEST_SUITE_END()
