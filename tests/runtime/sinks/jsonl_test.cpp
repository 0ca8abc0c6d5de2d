#include <weir/runtime/sinks/json_text.hpp>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <limits>
#include <random>

#include "../support/files.hpp"
#include "sink_helpers.hpp"

using namespace weir;
using namespace weir_test;
using nlohmann::json;

namespace {

/// What the sink writes for one completed job.
std::string line_for(const std::string& name, const record& r, double seconds = 0.5) {
  const temporary_folder folder;
  const auto sink = made(jsonl_sink(), folder.path("f"));
  REQUIRE_FINE(put(*sink, 3, name, r, seconds));
  REQUIRE_FINE(sink->finish());
  return content_of(folder.path("f"));
}

std::string decoded(const std::string& text) {
  static const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text.substr(0, text.find('='))) {
    bits = bits << 6 | static_cast<unsigned>(digits.find(c));
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_lines)

BOOST_AUTO_TEST_CASE(a_completed_job_is_index_name_fields_and_seconds) {
  const record r{{{"square", std::int64_t{9223372036854775807}}, {"even", false}, {"none", {}}, {"t", "x"}}};
  BOOST_TEST(line_for("a \"b\"", r, 0.012345678912) ==
             R"({"index":3,"name":"a \"b\"","square":9223372036854775807,"even":false,"none":null,"t":"x",)"
             R"("seconds":0.012345679})"
             "\n");
}

BOOST_AUTO_TEST_CASE(a_failed_job_has_an_error_and_its_code) {
  const temporary_folder folder;
  const auto sink = made(jsonl_sink(), folder.path("f"));
  REQUIRE_FINE(fail(*sink, 7, "a\nb", make_error(ec::io, "gone \"x\"")));
  REQUIRE_FINE(sink->finish());
  BOOST_TEST(content_of(folder.path("f")) ==
             R"({"index":7,"name":"a\nb","error":"gone \"x\"","code":"io","seconds":0.25})"
             "\n");
}

BOOST_AUTO_TEST_CASE(no_key_comes_twice) {
  const record r{{{"seconds", 2.5}, {"index", "x"}, {"name", "y"}, {"a", true}, {"a", false}}};
  BOOST_TEST(line_for("n", r) == R"({"seconds":2.5,"index":"x","name":"y","a":true})"
                                 "\n");
}

BOOST_AUTO_TEST_CASE(numbers_that_json_has_not_are_null) {
  using limits = std::numeric_limits<double>;
  const record r{{{"a", limits::quiet_NaN()},
                  {"b", limits::infinity()},
                  {"c", -limits::infinity()},
                  {"d", limits::denorm_min()},
                  {"e", limits::max()}}};
  const auto parsed = json::parse(line_for("n", r));
  for (const auto* key : {"a", "b", "c"})
    BOOST_TEST(parsed[key].is_null());
  BOOST_TEST(parsed["d"].get<double>() == limits::denorm_min());
  BOOST_TEST(parsed["e"].get<double>() == limits::max());
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf8_is_there_readable_and_exact) {
  BOOST_TEST(line_for("n", {{{"path", "a\xff\xc3"}}}) ==
             "{\"index\":3,\"name\":\"n\",\"path\":\"a\xEF\xBF\xBD\xEF\xBF\xBD\",\"path_b64\":\"Yf/D\","
             "\"seconds\":0.5}\n");
}

BOOST_AUTO_TEST_CASE(utf8_is_told_from_what_only_looks_like_it) {
  for (const char* good : {"a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xef\xbf\xbf",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    BOOST_TEST(detail::utf8_length(good) == std::string_view{good}.size(), good);
  for (const char* bad : {"", "\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80",
                          "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"})
    BOOST_TEST(detail::utf8_length(bad) == 0U, bad);
}

BOOST_AUTO_TEST_CASE(base64_is_that_of_its_standard) {
  BOOST_TEST(detail::base64("") == "");
  BOOST_TEST(detail::base64("f") == "Zg==");
  BOOST_TEST(detail::base64("fo") == "Zm8=");
  BOOST_TEST(detail::base64("foo") == "Zm9v");
  BOOST_TEST(detail::base64("foobar") == "Zm9vYmFy");
}

BOOST_AUTO_TEST_CASE(whatever_the_bytes_each_line_is_json_that_gives_them_back) {
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random{seed};
  const temporary_folder folder;
  const auto sink = made(jsonl_sink(), folder.path("f"));
  std::vector<std::string> texts;
  for (int i = 0; i < 500; ++i) {
    std::string text(random() % 40, ' ');
    for (auto& c : text)
      c = static_cast<char>(i % 2 == 0 ? random() : random() % 128);
    texts.push_back(text);
    REQUIRE_FINE(put(*sink, 0, text, {{{"t", text}}}));
  }
  REQUIRE_FINE(sink->finish());
  std::istringstream lines{content_of(folder.path("f"))};
  std::string line;
  for (const auto& text : texts) {
    BOOST_REQUIRE(std::getline(lines, line));
    const auto parsed = json::parse(line);
    const auto back = parsed.contains("t_b64") ? decoded(parsed["t_b64"].get<std::string>())
                                               : parsed["t"].get<std::string>();
    BOOST_TEST((back == text), "seed " << seed << ": " << line);
  }
  BOOST_TEST(!std::getline(lines, line));
}

BOOST_AUTO_TEST_SUITE_END()
