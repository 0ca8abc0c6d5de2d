#include <weir/runtime/launcher/summary_text.hpp>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace weir;
using namespace weir::config;
using namespace std::chrono_literals;

namespace {

flow_failure failure(std::string name, std::string text, std::string stage = {}) {
  return {.index = 3, .name = std::move(name), .stage = std::move(stage), .text = std::move(text)};
}

/// 20 offered, 18 completed, 1 failed, 1 canceled.
flow_summary summary() {
  flow_summary s;
  s.flow = "checksum";
  s.books = {.offered = 22, .admitted = 20, .rejected = 2, .completed = 18, .failed = 1, .canceled = 1};
  s.stages = {{"hash", 4, 3}};
  s.elapsed = 2s;
  s.run_p50 = 351ms;
  s.run_p99 = 1'200ms;
  s.failures = {failure("a.bin", "no such file")};
  return s;
}

nlohmann::json parsed(const flow_summary& s, int exit_code = 1,
                      const std::vector<nodes::node_state>& nodes = {}) {
  return nlohmann::json::parse(summary_json(s, exit_code, nodes));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(failure_texts)

BOOST_AUTO_TEST_CASE(a_failure_is_one_line_and_names_its_stage_where_it_is_asked_for) {
  const auto f = failure("a.bin", "no such file", "hash");
  BOOST_TEST(failure_text(f, false) == "failed: a.bin: no such file");
  BOOST_TEST(failure_text(f, true) == "failed: a.bin: hash: no such file");
}

BOOST_AUTO_TEST_CASE(what_the_source_could_not_read_has_no_stage) {
  BOOST_TEST(failure_text(failure("a.bin", "no such file"), true) == "failed: a.bin: no such file");
}

BOOST_AUTO_TEST_CASE(control_characters_in_a_failure_are_shown_not_obeyed) {
  BOOST_TEST(failure_text(failure("a\x1b[2J", "two\nlines\r", "s\t"), true) ==
             "failed: a\\u001B[2J: s\\t: two\\nlines\\r");
}

BOOST_AUTO_TEST_CASE(a_long_name_or_text_is_cut_after_1000_bytes) {
  const auto most = std::string(1'000, 'x');
  BOOST_TEST(failure_text(failure(most, most), true) == "failed: " + most + ": " + most);
  BOOST_TEST(failure_text(failure(most + 'x', most + 'x'), true) == "failed: " + most + "…: " + most + "…");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(trouble_texts)

BOOST_AUTO_TEST_CASE(a_run_without_trouble_has_no_text) {
  BOOST_TEST(trouble_text(summary()) == "");
}

BOOST_AUTO_TEST_CASE(each_trouble_is_a_line_in_the_order_of_the_flow) {
  auto s = summary();
  s.source_error = "cannot read list";
  s.sink_error = "disk is full";
  s.ended_by = cause{ec::canceled, "signal", "SIGINT"};
  s.stragglers = {"b.bin", "c.bin"};
  BOOST_TEST(trouble_text(s) ==
             "source failed: cannot read list\n"
             "sink failed: disk is full\n"
             "ended early: SIGINT (signal)\n"
             "did not stop, written off: b.bin\n"
             "did not stop, written off: c.bin\n");
}

BOOST_AUTO_TEST_CASE(a_run_that_its_sinks_error_ended_says_so_once) {
  auto s = summary();
  s.ended_by = cause{ec::sink_closed, "sink", "the reader has gone"};
  BOOST_TEST(trouble_text(s) == "ended early: the reader has gone (sink)\n");
  s.sink_error = "disk is full";
  BOOST_TEST(trouble_text(s) == "sink failed: disk is full\n");
}

BOOST_AUTO_TEST_CASE(control_characters_in_a_trouble_are_shown_not_obeyed) {
  auto s = summary();
  s.source_error = "a\nb";
  s.sink_error = "c\x07";
  s.ended_by = cause{ec::canceled, "x\r", "y\x1b"};
  s.stragglers = {"d\x7f"};
  BOOST_TEST(trouble_text(s) ==
             "source failed: a\\nb\n"
             "sink failed: c\\u0007\n"
             "ended early: y\\u001B (x\\r)\n"
             "did not stop, written off: d\\u007F\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(summary_texts)

BOOST_AUTO_TEST_CASE(the_books_and_the_figures_are_two_lines) {
  BOOST_TEST(summary_text(summary()) ==
             "checksum: 18 completed, 1 failed, 1 canceled = 20 admitted; 22 offered, 2 rejected\n"
             "  peak in flight 3 of 4; elapsed 2.00 s, 9.50/s; run time p50 351 ms, p99 1.20 s\n");
}

BOOST_AUTO_TEST_CASE(of_several_stages_each_has_its_name_and_its_peak) {
  auto s = summary();
  s.stages.push_back({"store\n", 2, 1});
  BOOST_TEST(summary_text(s).find("  peak in flight hash 3 of 4, store\\n 1 of 2; elapsed") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(of_several_sources_and_sinks_each_has_its_name_and_its_count) {
  auto s = summary();
  s.sources = {{"texts", 12}};
  s.sinks = {{"table", 19}};
  BOOST_TEST(summary_text(s) == summary_text(summary()), "one of each goes without saying");
  s.sources.push_back({"flows\n", 10});
  BOOST_TEST(summary_text(s).ends_with("p99 1.20 s\n  read from texts 12, flows\\n 10\n"));
  s.sinks.push_back({"sums", 18});
  BOOST_TEST(summary_text(s).ends_with("  read from texts 12, flows\\n 10; taken by table 19, sums 18\n"));
}

BOOST_AUTO_TEST_CASE(what_stages_did_while_they_were_full_is_a_line_of_its_own) {
  auto s = summary();
  s.stages[0].dropped = 12;
  BOOST_TEST(summary_text(s).ends_with("p99 1.20 s\n  when full: hash dropped 12\n"));
  s.stages[0].redirected = 3;
  s.stages.push_back({"idle", 2, 1});
  s.stages.push_back({"store\n", 2, 1, 4});
  BOOST_TEST(
      summary_text(s).ends_with("  when full: hash redirected 3, hash dropped 12, store\\n dropped 4\n"));
}

BOOST_AUTO_TEST_CASE(a_run_without_jobs_has_rates_of_zero) {
  flow_summary s;
  s.flow = "none";
  s.stages = {{"hash", 4, 0}};
  BOOST_TEST(summary_text(s) ==
             "none: 0 completed, 0 failed, 0 canceled = 0 admitted; 0 offered, 0 rejected\n"
             "  peak in flight 0 of 4; elapsed 0 ns, 0/s; run time p50 0 ns, p99 0 ns\n");
}

BOOST_AUTO_TEST_CASE(the_root_error_is_a_line_of_its_own) {
  auto s = summary();
  s.root_error = failure("a\x1b.bin", "first\nof all");
  BOOST_TEST(summary_text(s).ends_with("p99 1.20 s\n  root error: a\\u001B.bin: first\\nof all\n"));
}

BOOST_AUTO_TEST_CASE(books_that_do_not_balance_are_called_an_error_of_weir) {
  auto s = summary();
  s.books.canceled = 0;
  BOOST_TEST(summary_text(s).ends_with("\n  the books do not balance: this is an error in Weir itself\n"));
}

BOOST_AUTO_TEST_CASE(the_name_of_a_flow_is_one_line) {
  auto s = summary();
  s.flow = "a\nb";
  BOOST_TEST(summary_text(s).starts_with("a\\nb: 18 completed"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(summary_jsons)

BOOST_AUTO_TEST_CASE(a_program_reads_the_same_figures_in_seconds) {
  const auto j = parsed(summary(), 1);
  BOOST_TEST(j["flow"] == "checksum");
  BOOST_TEST(j["exit_code"] == 1);
  BOOST_TEST(j["offered"] == 22);
  BOOST_TEST(j["admitted"] == 20);
  BOOST_TEST(j["rejected"] == 2);
  BOOST_TEST(j["completed"] == 18);
  BOOST_TEST(j["failed"] == 1);
  BOOST_TEST(j["canceled"] == 1);
  BOOST_TEST(j["elapsed_seconds"] == 2.0);
  BOOST_TEST(j["jobs_per_second"] == 9.5);
  BOOST_TEST(j["run_seconds_p50"] == 0.351);
  BOOST_TEST(j["run_seconds_p99"] == 1.2);
  BOOST_TEST(j["dropped"] == 0);
  auto s = summary();
  s.dropped = 1;
  s.stages[0].dropped = 6;
  s.stages[0].redirected = 5;
  BOOST_TEST(parsed(s)["dropped"] == 1);
  BOOST_TEST(parsed(s)["stages"].dump() ==
             R"([{"dropped":6,"name":"hash","parallelism":4,"peak_running":3,"redirected":5}])");
  s.sources = {{"files", 22}};
  s.sinks = {{"table", 19}};
  BOOST_TEST(parsed(s)["sources"].dump() == R"([{"name":"files","read":22}])");
  BOOST_TEST(parsed(s)["sinks"].dump() == R"([{"name":"table","taken":19}])");
}

BOOST_AUTO_TEST_CASE(what_did_not_happen_is_null_or_empty) {
  const auto j = parsed(flow_summary{});
  for (const auto* name : {"ended_by", "source_error", "sink_error", "root_error"})
    BOOST_TEST(j.at(name).is_null(), name);
  for (const auto* name : {"sources", "stages", "sinks", "nodes", "failures", "stragglers"})
    BOOST_TEST(j.at(name).dump() == "[]", name);
  BOOST_TEST(j["failures_left_out"] == 0);
}

BOOST_AUTO_TEST_CASE(what_did_happen_is_there_with_its_parts) {
  auto s = summary();
  s.ended_by = cause{ec::deadline_exceeded, "deadline", "the time limit of 5 ms has passed"};
  s.source_error = "cannot read list";
  s.sink_error = "disk is full";
  s.root_error = failure("b.bin", "bad", "hash");
  s.stragglers = {"c.bin"};
  const auto j = parsed(s);
  BOOST_TEST(j["ended_by"]["code"] == "deadline_exceeded");
  BOOST_TEST(j["ended_by"]["who"] == "deadline");
  BOOST_TEST(j["ended_by"]["why"] == "the time limit of 5 ms has passed");
  BOOST_TEST(j["source_error"] == "cannot read list");
  BOOST_TEST(j["sink_error"] == "disk is full");
  BOOST_TEST(j["root_error"].dump() ==
             R"({"attempt":1,"index":3,"name":"b.bin","run_seconds":0.0,"stage":"hash","text":"bad"})");
  BOOST_TEST(j["failures"].size() == 1u);
  BOOST_TEST(j["failures"][0]["name"] == "a.bin");
  BOOST_TEST(j["stragglers"].dump() == R"(["c.bin"])");
}

BOOST_AUTO_TEST_CASE(each_node_is_there_with_what_it_did) {
  nodes::node_state there;
  there.name = "one";
  there.workers = 2;
  there.credit = 16;
  there.in_flight = 3;
  there.done = 120;
  there.busy = 3'500ms;
  there.round_trip = 500us;
  nodes::node_state gone;
  gone.name = "two";
  gone.done = 7;
  gone.lost = 2;
  gone.connected = false;
  const auto j = parsed(summary(), 0, {there, gone})["nodes"];
  BOOST_TEST(j.size() == 2u);
  BOOST_TEST(j[0].dump() == R"({"busy_seconds":3.5,"connected":true,"credit":16,"done":120,"in_flight":3,)"
                            R"("lost_calls":0,"name":"one","round_trip_seconds":0.0005,"workers":2})");
  BOOST_TEST(j[1].dump() == R"({"busy_seconds":0.0,"connected":false,"credit":0,"done":7,"in_flight":0,)"
                            R"("lost_calls":2,"name":"two","round_trip_seconds":null,"workers":0})");
}

BOOST_AUTO_TEST_CASE(the_failures_that_were_not_kept_are_counted) {
  auto s = summary();
  s.books.failed = 1'500;
  s.failures.assign(flow_summary::failures_kept_max, failure("a", "b"));
  BOOST_TEST(parsed(s)["failures_left_out"] == 500);
  BOOST_TEST(parsed(s)["failures"].size() == 1'000u);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_utf_8_leaves_the_report_valid) {
  auto s = summary();
  s.stragglers = {
      "a\xff"
      "b\n"};
  const auto j = parsed(s);
  BOOST_TEST(j["stragglers"][0] ==
             "a\xEF\xBF\xBD"
             "b\n");
  BOOST_TEST(summary_json(s, 0, {}).ends_with("}\n"));
}

BOOST_AUTO_TEST_SUITE_END()
