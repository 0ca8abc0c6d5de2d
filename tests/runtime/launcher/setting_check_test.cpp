#include <weir/runtime/launcher/setting_check.hpp>

#include <boost/test/unit_test.hpp>

#include "stand_in_kinds.hpp"

using namespace weir::config;
using weir::setting_type;

namespace {

std::optional<weir::setting> checked(const char* toml, const weir::setting_spec& spec) {
  problems found;
  const auto given = parse_value(toml, place{"f.toml", 1, 1});
  BOOST_REQUIRE(given);
  auto v = check_setting(*given, spec, "t.x", found);
  BOOST_TEST(v.has_value() == found.none());
  return v;
}

weir::setting_spec bounded(setting_type type, double min, double max) {
  auto s = stand_in::spec("x", type, {});
  s.min = min;
  s.max = max;
  return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(setting_checks)

BOOST_AUTO_TEST_CASE(each_type_takes_its_own_values_and_no_others) {
  const struct {
    setting_type type;
    std::vector<const char*> taken, refused;
  } rows[] = {
      {setting_type::boolean, {"true"}, {"1", "\"true\"", "[]"}},
      {setting_type::integer, {"3", "-3", "0x10"}, {"3.0", "\"3\"", "true", "2024-01-01"}},
      {setting_type::number, {"3", "3.5"}, {"\"3\"", "nan", "inf", "true"}},
      {setting_type::text, {"\"a\""}, {"3", "[\"a\"]", "{a = 1}", "\"\\u0000\""}},
      {setting_type::time_span, {"\"5s\""}, {"5", "\"5\"", "5.0"}},
      {setting_type::size, {"5", "\"5KiB\""}, {"-5", "5.0", "\"5 KiB\""}},
      {setting_type::texts, {"\"a\"", "[\"a\", \"b\"]", "[]"}, {"1", "[1]", "[\"a\", 1]", "[\"\\u0000\"]"}},
  };
  for (const auto& row : rows) {
    for (const auto* toml : row.taken)
      BOOST_TEST(checked(toml, stand_in::spec("x", row.type, {})).has_value(), toml);
    for (const auto* toml : row.refused)
      BOOST_TEST(!checked(toml, stand_in::spec("x", row.type, {})).has_value(), toml);
  }
}

BOOST_AUTO_TEST_CASE(bounds_are_within_the_range) {
  for (const auto* toml : {"1", "10"})
    BOOST_TEST(checked(toml, bounded(setting_type::integer, 1, 10)).has_value());
  for (const auto* toml : {"0", "11"})
    BOOST_TEST(!checked(toml, bounded(setting_type::integer, 1, 10)).has_value());
  BOOST_TEST(checked("\"1s\"", bounded(setting_type::time_span, 1, 2)).has_value());
  BOOST_TEST(!checked("\"2001ms\"", bounded(setting_type::time_span, 1, 2)).has_value());
  BOOST_TEST(checked("\"1KiB\"", bounded(setting_type::size, 1, 1024)).has_value());
  BOOST_TEST(!checked("1025", bounded(setting_type::size, 1, 1024)).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_allowed_says_the_range) {
  BOOST_TEST(allowed(bounded(setting_type::integer, 1, 10)) == "a whole number from 1 to 10");
  BOOST_TEST(allowed(stand_in::spec("x", setting_type::integer, {})) == "a whole number");
  BOOST_TEST(allowed(bounded(setting_type::number, 0.5, 1e300)) == "a number from 0.5 to 1e+300");
}

BOOST_AUTO_TEST_CASE(defaults_fill_in_what_the_table_leaves_out) {
  problems found;
  const auto root = parse_document("[t]\na = 1", "f.toml", found);
  const auto values = check_table(
      root->find("t")->content, "t",
      {stand_in::spec("a", setting_type::integer, {}), stand_in::spec("b", setting_type::text, "deflt"),
       stand_in::spec("c", setting_type::text, {})},
      {}, found);
  BOOST_TEST(found.none());
  BOOST_TEST(values.get<std::int64_t>("a") == 1);
  BOOST_TEST(values.get<std::string>("b") == "deflt");
  BOOST_TEST(!values.has("c"));
}

BOOST_AUTO_TEST_CASE(a_default_as_toml_reads_back_equal) {
  const std::pair<setting_type, weir::setting> rows[] = {
      {setting_type::boolean, true},
      {setting_type::integer, std::int64_t{-5}},
      {setting_type::number, 2.0},
      {setting_type::text, "a\"\\\n\tü"},
      {setting_type::time_span, weir::duration{1'500'000'000}},
      {setting_type::size, std::int64_t{65536}},
      {setting_type::size, std::int64_t{1001}},
      {setting_type::texts, std::vector<std::string>{"a", "b\"c"}},
  };
  for (const auto& [type, v] : rows)
    BOOST_TEST((checked(as_toml(v, type).c_str(), stand_in::spec("x", type, {})) == v), as_toml(v, type));
}

BOOST_AUTO_TEST_CASE(more_problems_than_are_kept_are_counted) {
  problems found;
  for (std::size_t i = 0; i < problems::kept_max + 5; ++i)
    found.add(place{"f"}, "k", "bad");
  BOOST_TEST(found.lines().size() == problems::kept_max);
  BOOST_TEST(found.text().ends_with("and 5 more problems\n"));
}

BOOST_AUTO_TEST_SUITE_END()
