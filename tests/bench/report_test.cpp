#include <boost/test/unit_test.hpp>

#include <bench/harness/report.hpp>
#include <sstream>

using bench::verdict;

namespace {

bench::measured_family two(bench::target demand, std::vector<double> own, std::vector<double> peer) {
  bench::measured_family m;
  m.what.letter = 'X';
  m.what.title = "an example";
  m.what.contestants = {{"weir", {}, bench::figure::printed, 1, {std::move(demand)}},
                        {"peer", {}, bench::figure::printed, 1, {}}};
  m.figures = {{std::move(own), 0, {}}, {std::move(peer), 0, {}}};
  return m;
}

verdict judged(const bench::measured_family& m) {
  std::string seen;
  return bench::judge(m, 0, m.what.contestants[0].targets[0], seen);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bench_report)

BOOST_AUTO_TEST_CASE(target_of_speed_is_met_from_that_speed_on) {
  const bench::target four{"peer", 4, {}};
  BOOST_TEST((judged(two(four, {10, 10, 10}, {40, 40, 40})) == verdict::met));
  BOOST_TEST((judged(two(four, {10, 10, 10}, {39, 39, 39})) == verdict::missed));
}

BOOST_AUTO_TEST_CASE(target_of_memory_is_met_up_to_that_excess) {
  const bench::target little{"peer", 0, 32};
  BOOST_TEST((judged(two(little, {132}, {100})) == verdict::met));
  BOOST_TEST((judged(two(little, {133}, {100})) == verdict::missed));
  BOOST_TEST((judged(two(little, {90}, {100})) == verdict::met));
}

BOOST_AUTO_TEST_CASE(target_beside_a_peer_that_did_not_run_is_neither_met_nor_missed) {
  BOOST_TEST((judged(two({"peer", 4, {}}, {10}, {})) == verdict::unknown));
  BOOST_TEST((judged(two({"nobody", 4, {}}, {10}, {40})) == verdict::unknown));
}

BOOST_AUTO_TEST_CASE(report_names_who_was_not_run_and_why) {
  auto m = two({"peer", 4, {}}, {10, 12, 11}, {});
  m.figures[1].problem = "can't start peer: No such file or directory";
  std::ostringstream out;
  BOOST_TEST(bench::write_report({m}, {"commit abc"}, out));
  const auto text = out.str();
  BOOST_TEST(text.find("- commit abc\n") == 0);
  BOOST_TEST(text.find("- X: peer was not run: can't start peer: No such file or directory\n") !=
             std::string::npos);
  BOOST_TEST(text.find("11.0 ns a job") != std::string::npos);
  BOOST_TEST(text.find("10.0 to 12.0") != std::string::npos);
  BOOST_TEST(text.find("not measured") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(report_tells_of_a_missed_target) {
  std::ostringstream out;
  BOOST_TEST(!bench::write_report({two({"peer", 4, {}}, {10}, {20})}, {}, out));
  BOOST_TEST(out.str().find("MISSED") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
