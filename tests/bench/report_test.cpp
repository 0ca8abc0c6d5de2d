#include <boost/test/unit_test.hpp>

#include <bench/harness/report.hpp>
#include <sstream>

using bench::verdict;

namespace {

bench::measured_family two(bench::target demand, std::vector<double> own, std::vector<double> peer) {
  bench::measured_family m;
  m.what.id = "X";
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
  const auto four = bench::faster_than("peer", 4);
  BOOST_TEST((judged(two(four, {10, 10, 10}, {40, 40, 40})) == verdict::met));
  BOOST_TEST((judged(two(four, {10, 10, 10}, {39, 39, 39})) == verdict::missed));
}

BOOST_AUTO_TEST_CASE(target_of_memory_is_met_up_to_that_excess) {
  const auto little = bench::above("peer", 32);
  BOOST_TEST((judged(two(little, {132}, {100})) == verdict::met));
  BOOST_TEST((judged(two(little, {133}, {100})) == verdict::missed));
  BOOST_TEST((judged(two(little, {90}, {100})) == verdict::met));
}

BOOST_AUTO_TEST_CASE(target_of_the_figure_itself_is_in_the_unit_of_the_family) {
  auto m = two(bench::at_most(12), {11'000, 12'000, 13'000}, {});
  m.what.divisor = 1e3;
  BOOST_TEST((judged(m) == verdict::met));
  m.figures[0].figures = {12'100};
  BOOST_TEST((judged(m) == verdict::missed));
  m.figures[0].figures.clear();
  BOOST_TEST((judged(m) == verdict::unknown));
}

BOOST_AUTO_TEST_CASE(target_beside_a_peer_that_did_not_run_is_neither_met_nor_missed) {
  BOOST_TEST((judged(two(bench::faster_than("peer", 4), {10}, {})) == verdict::unknown));
  BOOST_TEST((judged(two(bench::faster_than("nobody", 4), {10}, {40})) == verdict::unknown));
}

BOOST_AUTO_TEST_CASE(report_names_who_was_not_run_and_why) {
  auto m = two(bench::faster_than("peer", 4), {10, 12, 11}, {});
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
  BOOST_TEST(!bench::write_report({two(bench::faster_than("peer", 4), {10}, {20})}, {}, out));
  BOOST_TEST(out.str().find("MISSED") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(page_has_a_section_with_a_plot_for_each_family) {
  std::ostringstream out;
  auto second = two(bench::at_most(3), {2}, {5});
  second.what.id = "Y1";
  bench::write_page({two(bench::faster_than("peer", 4), {10}, {20}), second}, {"commit abc"}, "plots", out);
  const auto text = out.str();
  BOOST_TEST(text.find("- commit abc\n\n## X: an example\n\n![X](plots/X.svg)\n\n") == 0);
  const auto next = text.find("## Y1: an example\n\n![Y1](plots/Y1.svg)\n\n");
  BOOST_TEST_REQUIRE(next != std::string::npos);
  BOOST_TEST(text.find("MISSED") < next);
  BOOST_TEST(text.find("| met", next) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
