#include <weir/runtime/launcher/quantity.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <limits>

using namespace weir::config;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(quantities)

BOOST_AUTO_TEST_CASE(durations_are_read_in_every_unit) {
  BOOST_TEST((parse_duration("250ms") == weir::duration{250ms}));
  BOOST_TEST((parse_duration("1h30min") == weir::duration{90min}));
  BOOST_TEST((parse_duration("1.5s") == weir::duration{1500ms}));
  BOOST_TEST((parse_duration("2d3us4ns") == weir::duration{48h + 3us + 4ns}));
  BOOST_TEST((parse_duration("0s") == weir::duration{0}));
  BOOST_TEST((parse_duration("9223372036854775807ns") == weir::duration::max()));
}

BOOST_AUTO_TEST_CASE(what_is_no_duration_is_refused) {
  for (const auto* text :
       {"", "5", "5m", "s", ".5s", "5 s", "-5s", "5.s", "1e3s", "5ss", "5s ", "9223372036854775808ns",
        "106752d", "9223372036854775807ns1ns", "99999999999999999999s"})
    BOOST_TEST(!parse_duration(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_duration_as_text_reads_back_equal) {
  for (const auto d : {weir::duration{0}, weir::duration{1}, weir::duration{90min},
                       weir::duration{1234567890123}, weir::duration::max()})
    BOOST_TEST((parse_duration(to_text(d)) == d), to_text(d));
  BOOST_TEST(to_text(weir::duration{90min}) == "1h30min");
}

BOOST_AUTO_TEST_CASE(sizes_are_read_with_and_without_unit) {
  BOOST_TEST(parse_size("17").value() == 17);
  BOOST_TEST(parse_size("17B").value() == 17);
  BOOST_TEST(parse_size("64KiB").value() == 65536);
  BOOST_TEST(parse_size("2MB").value() == 2'000'000);
  BOOST_TEST(parse_size("1TiB").value() == std::int64_t{1} << 40);
}

BOOST_AUTO_TEST_CASE(what_is_no_size_is_refused) {
  for (const auto* text :
       {"", "KiB", "1 KiB", "-1", "1.5MiB", "1kib", "9223372036854775808", "9999999TiB99", "8388608TiB"})
    BOOST_TEST(!parse_size(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_size_as_text_reads_back_equal) {
  for (const std::int64_t n : {std::int64_t{0}, std::int64_t{1000}, std::int64_t{1024}, std::int64_t{1} << 40,
                               std::numeric_limits<std::int64_t>::max()})
    BOOST_TEST(parse_size(size_text(n)).value() == n);
  BOOST_TEST(size_text(1 << 20) == "1MiB");
}

BOOST_AUTO_TEST_SUITE_END()
