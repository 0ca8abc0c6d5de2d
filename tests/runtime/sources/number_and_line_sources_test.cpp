#include <weir/actors/error.hpp>
#include <weir/runtime/kinds.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "../../support/asleep.hpp"
#include "../../support/scratch_folder.hpp"

using weir::context;
using weir::setting;

namespace {

using given = std::vector<std::pair<std::string, setting>>;

/// The settings as a file gives them that sets `values` and is silent on the others.
caf::expected<std::unique_ptr<weir::source>> make(const weir::source_kind& kind, const given& values) {
  weir::settings all;
  for (const auto& spec : kind.accepts)
    all.set(spec.name, spec.fallback);
  for (const auto& [name, v] : values)
    all.set(name, v);
  return kind.make(all);
}

std::unique_ptr<weir::source> range(std::int64_t first, std::int64_t last, std::int64_t step) {
  auto made = make(weir::range_source(), {{"first", first}, {"last", last}, {"step", step}});
  BOOST_REQUIRE(made);
  return std::move(*made);
}

std::vector<std::int64_t> numbers(weir::source& from, std::size_t most = 100) {
  std::vector<std::int64_t> all;
  while (all.size() < most) {
    const auto item = from.next(context::background());
    BOOST_REQUIRE(item);
    if (!*item)
      break;
    all.push_back(std::get<std::int64_t>((*item)->input));
    BOOST_TEST((*item)->name == std::to_string(all.back()));
  }
  return all;
}

void check_range(std::int64_t first, std::int64_t last, std::int64_t step,
                 const std::vector<std::int64_t>& expected) {
  const auto from = range(first, last, step);
  BOOST_TEST(from->size_hint().value() == expected.size());
  BOOST_TEST(numbers(*from) == expected, boost::test_tools::per_element());
  // The end stays the end.
  BOOST_TEST(numbers(*from).empty());
  BOOST_TEST(from->size_hint().value() == expected.size());
}

constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto most = std::numeric_limits<std::int64_t>::max();

std::vector<std::string> refusal_starts(const weir::source_kind& kind, const given& values) {
  const auto made = make(kind, values);
  if (made)
    return {};
  BOOST_TEST(weir::is(made.error(), weir::ec::invalid_option));
  return {weir::text_of(made.error())};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(range_source)

BOOST_AUTO_TEST_CASE(it_counts_up_and_down_and_meets_its_last_number) {
  check_range(0, 3, 1, {0, 1, 2, 3});
  check_range(3, 0, -1, {3, 2, 1, 0});
  check_range(-4, 4, 4, {-4, 0, 4});
  check_range(5, 5, 7, {5});
  check_range(5, 5, -7, {5});
}

BOOST_AUTO_TEST_CASE(a_last_number_that_no_step_meets_is_not_passed) {
  check_range(0, 10, 4, {0, 4, 8});
  check_range(10, 0, -4, {10, 6, 2});
}

BOOST_AUTO_TEST_CASE(a_last_number_before_the_first_leaves_nothing) {
  check_range(1, 0, 1, {});
  check_range(0, 1, -1, {});
  check_range(most, least, 1, {});
}

BOOST_AUTO_TEST_CASE(the_limits_of_64_bits_are_reached_and_not_passed) {
  check_range(most - 1, most, 1, {most - 1, most});
  check_range(most - 1, most, 5, {most - 1});
  check_range(least + 1, least, -1, {least + 1, least});
  check_range(least, most, most, {least, -1, most - 1});
  check_range(most, least, least, {most, -1});
  check_range(least, least, least, {least});
  check_range(0, least, least, {0, least});
}

BOOST_AUTO_TEST_CASE(a_count_beyond_64_bits_is_no_hint) {
  BOOST_TEST(range(least + 1, most, 1)->size_hint().value() == std::numeric_limits<std::uint64_t>::max());
  const auto all = range(least, most, 1);
  BOOST_TEST(!all->size_hint());
  BOOST_TEST(numbers(*all, 2) == (std::vector{least, least + 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_step_of_0_is_refused) {
  const auto refused =
      refusal_starts(weir::range_source(), {{"last", std::int64_t{1}}, {"step", std::int64_t{0}}});
  BOOST_REQUIRE_EQUAL(refused.size(), 1U);
  BOOST_TEST(refused.front().starts_with("step: 0 is not allowed"));
}

BOOST_AUTO_TEST_CASE(a_canceled_context_ends_it) {
  const auto ctx = context::with_cancel(context::background());
  const auto from = range(0, 9, 1);
  BOOST_TEST((*from->next(ctx)).has_value());
  ctx.cancel();
  BOOST_TEST(!(*from->next(ctx)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(lines_source)

BOOST_AUTO_TEST_CASE(an_item_is_a_line_and_its_name_is_short) {
  const weir_test::scratch_folder scratch;
  const std::string long_line(257, 'x');
  const auto path = scratch.file("f", "a\n\n" + long_line + "\n" + std::string(256, 'y'));
  const auto from = make(weir::lines_source(), {{"path", path}});
  BOOST_REQUIRE(from);
  const std::vector<std::pair<std::string, std::string>> expected{
      {"a", "a"}, {"", "line 2"}, {long_line, "line 3"}, {std::string(256, 'y'), std::string(256, 'y')}};
  for (const auto& [input, name] : expected) {
    const auto item = (*from)->next(context::background());
    BOOST_REQUIRE((item && *item));
    BOOST_TEST(std::get<std::string>((*item)->input) == input);
    BOOST_TEST((*item)->name == name);
  }
  BOOST_TEST(!*(*from)->next(context::background()));
  BOOST_TEST(!(*from)->size_hint());
}

BOOST_AUTO_TEST_CASE(empty_lines_are_passed_over_where_that_is_asked_for) {
  const weir_test::scratch_folder scratch;
  const auto path = scratch.file("f", "\n\na\n\n");
  const auto from = make(weir::lines_source(), {{"path", path}, {"skip_empty", true}});
  BOOST_REQUIRE(from);
  BOOST_TEST(std::get<std::string>((*(*from)->next(context::background()))->input) == "a");
  BOOST_TEST(!*(*from)->next(context::background()));
}

BOOST_AUTO_TEST_CASE(the_delimiter_and_the_limit_are_those_of_the_settings) {
  const weir_test::scratch_folder scratch;
  const auto path = scratch.file("f", std::string("a\n\0bcd", 6));
  const auto from =
      make(weir::lines_source(), {{"path", path}, {"delimiter", "nul"}, {"max_line", std::int64_t{2}}});
  BOOST_REQUIRE(from);
  BOOST_TEST(std::get<std::string>((*(*from)->next(context::background()))->input) == "a\n");
  const auto too_long = (*from)->next(context::background());
  BOOST_REQUIRE(!too_long);
  BOOST_TEST(weir::text_of(too_long.error()).starts_with("line 2 of \"" + path + "\" is longer"));
}

BOOST_AUTO_TEST_CASE(what_can_not_hold_lines_is_refused_before_anything_starts) {
  const weir_test::scratch_folder scratch;
  for (const auto& path : {scratch.path(), scratch.at("missing"), std::string{}}) {
    const auto refused = refusal_starts(weir::lines_source(), {{"path", path}});
    BOOST_REQUIRE_EQUAL(refused.size(), 1U);
    BOOST_TEST(refused.front().starts_with("path: "), refused.front());
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_vanished_since_the_check_is_an_error) {
  const weir_test::scratch_folder scratch;
  const auto path = scratch.file("f\n");
  const auto from = make(weir::lines_source(), {{"path", path}});
  BOOST_REQUIRE(from);
  std::filesystem::remove(path);
  const auto line = (*from)->next(context::background());
  BOOST_REQUIRE(!line);
  BOOST_TEST(weir::is(line.error(), weir::ec::io));
  BOOST_TEST(weir::text_of(line.error()).find('\n') == std::string::npos, "a message is one line");
}

BOOST_AUTO_TEST_CASE(a_named_pipe_without_a_writer_is_waited_for_until_a_cancel) {
  const weir_test::scratch_folder scratch;
  const auto path = scratch.at("pipe");
  BOOST_REQUIRE_EQUAL(::mkfifo(path.c_str(), 0600), 0);
  const auto from = make(weir::lines_source(), {{"path", path}});
  BOOST_REQUIRE(from);
  const auto ctx = context::with_cancel(context::background());
  weir_test::sleeper reads{[&] {
    const auto line = (*from)->next(ctx);
    BOOST_TEST((line && !*line));
  }};
  reads.wait_until_asleep();
  ctx.cancel();
}

BOOST_AUTO_TEST_CASE(a_named_pipe_gives_the_lines_of_its_writer) {
  const weir_test::scratch_folder scratch;
  const auto path = scratch.at("pipe");
  BOOST_REQUIRE_EQUAL(::mkfifo(path.c_str(), 0600), 0);
  const auto from = make(weir::lines_source(), {{"path", path}});
  BOOST_REQUIRE(from);
  weir_test::sleeper reads{[&] {
    const auto line = (*from)->next(context::background());
    BOOST_TEST((line && *line && std::get<std::string>((*line)->input) == "a"));
    BOOST_TEST(!*(*from)->next(context::background()));
  }};
  reads.wait_until_asleep();
  std::ofstream{path} << "a\n";
}

BOOST_AUTO_TEST_SUITE_END()
