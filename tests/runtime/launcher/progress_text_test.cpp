#include <weir/runtime/launcher/progress_text.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace weir;
using namespace weir::config;
using namespace std::chrono_literals;

namespace {

flow_progress progress(std::optional<std::uint64_t> total, std::uint64_t completed, std::uint64_t failed = 0,
                       std::uint64_t running = 0) {
  return {.total = total, .completed = completed, .failed = failed, .running = running};
}

std::string text(const flow_progress& p, double per_second) {
  return progress_text("f", p, per_second, {});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(progress_texts)

BOOST_AUTO_TEST_CASE(the_line_of_a_run_whose_total_is_known) {
  BOOST_TEST(progress_text("checksum", progress(20'000, 1'232, 2, 4), 523.2, {}) ==
             "checksum: 1234/20000 done, 523/s, 2 failed, 4 in flight, 36 s left");
}

BOOST_AUTO_TEST_CASE(what_nodes_have_stands_before_the_time_left_which_a_narrow_terminal_cuts_first) {
  BOOST_TEST(progress_text("checksum", progress(20'000, 1'232, 2, 16), 523.2, "14 at 2 nodes") ==
             "checksum: 1234/20000 done, 523/s, 2 failed, 16 in flight, 14 at 2 nodes, 36 s left");
}

BOOST_AUTO_TEST_CASE(while_a_run_waits_for_a_node_there_is_no_time_left) {
  BOOST_TEST(progress_text("f", progress(10, 5, 0, 2), 1, "no node is there", true) ==
             "f: 5/10 done, 1.00/s, 0 failed, 2 in flight, no node is there");
}

BOOST_AUTO_TEST_CASE(without_a_total_there_is_no_time_left) {
  BOOST_TEST(text(progress({}, 7, 1, 2), 52.3) == "f: 8 done, 52.3/s, 1 failed, 2 in flight");
}

BOOST_AUTO_TEST_CASE(without_a_rate_there_is_no_time_left) {
  BOOST_TEST(text(progress(10, 0), 0) == "f: 0/10 done, 0/s, 0 failed, 0 in flight");
}

BOOST_AUTO_TEST_CASE(a_total_that_was_too_low_gives_no_time_left) {
  BOOST_TEST(text(progress(10, 11), 5) == "f: 11/10 done, 5.00/s, 0 failed, 0 in flight");
}

BOOST_AUTO_TEST_CASE(a_time_left_that_nobody_would_wait_for_is_not_shown) {
  // A million hours.
  BOOST_TEST(text(progress(3'600'000'000, 0), 1) == "f: 0/3600000000 done, 1.00/s, 0 failed, 0 in flight");
  BOOST_TEST(text(progress(3'599'999'999, 0), 1).ends_with(", 999999 h 59 min left"));
}

BOOST_AUTO_TEST_CASE(the_time_left_is_rounded_up_and_has_the_unit_of_its_size) {
  const auto left = [](std::uint64_t jobs, double per_second) {
    const auto all = text(progress(jobs, 0), per_second);
    return all.substr(all.rfind(", ") + 2);
  };
  BOOST_TEST(left(0, 1) == "0 s left");
  BOOST_TEST(left(1, 100) == "1 s left");
  BOOST_TEST(left(59, 1) == "59 s left");
  BOOST_TEST(left(119, 2) == "1 min 00 s left");
  BOOST_TEST(left(185, 1) == "3 min 05 s left");
  BOOST_TEST(left(3'599, 1) == "59 min 59 s left");
  BOOST_TEST(left(3'600, 1) == "1 h 00 min left");
  BOOST_TEST(left(100'000, 1) == "27 h 46 min left");
}

BOOST_AUTO_TEST_CASE(the_name_of_a_flow_cannot_move_the_cursor_or_fill_the_line) {
  BOOST_TEST(
      progress_text("a\x1b[2J\r\n\tb", progress({}, 0), 0, {}).starts_with("a\\u001B[2J\\r\\n\\tb: 0 done"));
  BOOST_TEST(
      progress_text(std::string(41, 'x'), progress({}, 0), 0, {}).starts_with(std::string(40, 'x') + "…: "));
  BOOST_TEST(progress_text("größe", progress({}, 0), 0, {}).starts_with("größe: "));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(rate_meters)

BOOST_AUTO_TEST_CASE(before_an_observation_the_rate_is_zero) {
  BOOST_TEST(rate_meter{}.per_second() == 0.0);
}

BOOST_AUTO_TEST_CASE(the_first_observation_is_the_mean_since_the_start) {
  rate_meter rate;
  rate.observe(2s, 100);
  BOOST_TEST(rate.per_second() == 50.0);
}

BOOST_AUTO_TEST_CASE(a_steady_rate_stays_whatever_the_steps_are) {
  rate_meter rate;
  for (const auto at : {200ms, 400ms, 1'000ms, 9'000ms, 9'010ms})
    rate.observe(at, static_cast<std::uint64_t>(at.count()) / 10);
  BOOST_TEST(rate.per_second() == 100.0, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(an_old_rate_weighs_one_eth_after_five_seconds) {
  rate_meter once;
  once.observe(100s, 10'000);
  once.observe(105s, 10'000);
  BOOST_TEST(once.per_second() == 100 / std::exp(1.0), boost::test_tools::tolerance(1e-6));
  // In small steps it is the same.
  rate_meter often;
  often.observe(100s, 10'000);
  for (auto at = 100'200ms; at <= 105s; at += 200ms)
    often.observe(at, 10'000);
  BOOST_TEST(often.per_second() == once.per_second(), boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(in_the_beginning_the_first_moments_do_not_outweigh_those_after_them) {
  rate_meter rate;
  for (int step = 1; step <= 10; ++step)
    rate.observe(step * 200ms, step < 3 ? 0 : 8);
  BOOST_TEST(rate.per_second() == 4.0, boost::test_tools::tolerance(0.15));
}

BOOST_AUTO_TEST_CASE(two_observations_at_one_instant_are_one) {
  rate_meter rate;
  rate.observe(0s, 5);
  BOOST_TEST(rate.per_second() == 0.0);
  rate.observe(1s, 10);
  rate.observe(1s, 99);
  BOOST_TEST(rate.per_second() == 10.0);
}

BOOST_AUTO_TEST_SUITE_END()
