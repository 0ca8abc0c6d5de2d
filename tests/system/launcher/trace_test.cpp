// `weir run --trace FILE` as its users have it: real runs, real time, and what comes of them in the file.
// usage: launcher_trace_test; the launcher and the flows are compiled in.

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <set>

#include "../../runtime/support/files.hpp"
#include "../../support/otlp_check.hpp"
#include "../../support/scratch_folder.hpp"

using namespace weir_test;

namespace {

constexpr auto parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Runs the launcher in `folder`; what it printed on both streams is returned.
std::string run(const scratch_folder& folder, const std::string& arguments, int expected,
                const std::string& environment = "unset TRACEPARENT TRACESTATE;") {
  int status = 0;
  auto text = printed_by(folder.path(),
                         environment + " timeout 60 '" WEIR_LAUNCHER "' " + arguments + " 2>&1", status);
  BOOST_REQUIRE_MESSAGE(WIFEXITED(status) && WEXITSTATUS(status) == expected,
                        arguments << " ended with status " << status << ": " << text);
  return text;
}

std::string config(const std::string& name) {
  return "'" WEIR_CONFIG_DIR "/" + name + "'";
}

std::vector<json> of_category(const json& events, const std::string& category, const std::string& phase) {
  std::vector<json> found;
  for (const auto& e : events)
    if (e.value("cat", "") == category && e.at("ph") == phase)
      found.push_back(e);
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(traces_of_the_launcher)

BOOST_AUTO_TEST_CASE(the_file_processor_shows_20_jobs_on_4_lanes) {
  const scratch_folder folder;
  run(folder, "run " + config("file_processor.toml") + " --quiet --trace trace.json", 1);
  const auto events = json::parse(content_of(folder.at("trace.json")));
  std::map<int, std::string> names;
  for (const auto& e : events)
    if (e.at("name") == "thread_name")
      names[e.at("tid")] = e.at("args").at("name");
  std::map<int, std::vector<std::pair<double, double>>> lanes;
  std::set<int> indexes;
  auto failures = 0;
  for (const auto& e : of_category(events, "attempt", "X")) {
    lanes[e.at("tid")].emplace_back(e.at("ts"), e.at("ts").get<double>() + e.at("dur").get<double>());
    indexes.insert(e.at("args").at("weir.index").get<int>());
    BOOST_TEST(e.at("args").at("weir.item") == std::to_string(e.at("args").at("weir.index").get<int>() + 1));
    BOOST_TEST(e.at("args").at("weir.attempt") == 1);
    failures += e.at("args").contains("error") ? 1 : 0;
  }
  BOOST_TEST(indexes.size() == 20u);
  BOOST_TEST(lanes.size() == 4u);
  BOOST_TEST(failures == 2);
  std::size_t slices = 0;
  for (auto& [lane, of] : lanes) {
    BOOST_TEST(names[lane].starts_with("sleep lane "));
    std::sort(of.begin(), of.end());
    slices += of.size();
    for (std::size_t i = 1; i < of.size(); ++i)
      BOOST_TEST(of[i - 1].second <= of[i].first);
    // 200 to 500 ms each.
    for (const auto& [begun, ended] : of)
      BOOST_TEST(ended - begun >= 200'000);
  }
  BOOST_TEST(slices == 20u);
  const auto jobs = of_category(events, "job", "b");
  BOOST_TEST(jobs.size() == 20u);
  std::set<std::string> ids;
  for (const auto& j : jobs)
    ids.insert(j.at("id"));
  for (const auto& e : of_category(events, "attempt", "X"))
    BOOST_TEST(ids.contains("0x" + e.at("args").at("parent_span_id").get<std::string>()));
  const auto runs = of_category(events, "run", "b");
  BOOST_REQUIRE_EQUAL(runs.size(), 1u);
  BOOST_TEST(runs[0].at("name") == "file_processor");
  BOOST_TEST(runs[0].at("args").at("weir.completed") == 18);
  BOOST_TEST(runs[0].at("args").at("weir.failed") == 2);
}

BOOST_AUTO_TEST_CASE(a_name_that_ends_in_jsonl_gives_valid_otlp_below_the_callers_span) {
  const scratch_folder folder;
  run(folder, "run " + config("squares.toml") + " --quiet --trace trace.jsonl", 0,
      std::string{"export TRACEPARENT="} + parent + " TRACESTATE=congo=t61rcWkgMzE;");
  const auto spans = otlp_check::spans_of(content_of(folder.at("trace.jsonl")));
  BOOST_TEST(spans.size() == 1u + 10 + 10);
  auto below = 0;
  for (const auto& s : spans) {
    BOOST_TEST(s.at("traceId") == "4bf92f3577b34da6a3ce929d0e0e4736");
    BOOST_TEST(s.at("traceState") == "congo=t61rcWkgMzE");
    below += s.at("parentSpanId") == "00f067aa0ba902b7" ? 1 : 0;
    // Unix time, not some clock's.
    const auto begun = std::stoull(s.at("startTimeUnixNano").get<std::string>()) / 1'000'000'000;
    BOOST_TEST(begun + 60 > static_cast<std::uint64_t>(::time(nullptr)));
  }
  BOOST_TEST(below == 1);
}

BOOST_AUTO_TEST_CASE(an_invalid_traceparent_is_said_and_the_trace_begins_with_the_run) {
  const scratch_folder folder;
  const auto said = run(folder, "run " + config("squares.toml") + " --quiet --trace trace.jsonl", 0,
                        "export TRACEPARENT=junk;");
  BOOST_TEST(said.find("TRACEPARENT is \"junk\"") != std::string::npos);
  auto roots = 0;
  for (const auto& s : otlp_check::spans_of(content_of(folder.at("trace.jsonl"))))
    roots += s.contains("parentSpanId") ? 0 : 1;
  BOOST_TEST(roots == 1);
}

BOOST_AUTO_TEST_CASE(a_command_of_exec_is_told_of_its_attempt) {
  const scratch_folder folder;
  const auto flow =
      "run " + config("commands.toml") +
      R"( --quiet --set 'stage.command=["sh", "-c", "echo $TRACEPARENT"]' --set sink.kind=jsonl)";
  const auto given = std::string{"export TRACEPARENT="} + parent + "; printf '1\\n2\\n3\\n' | ";
  const auto traced = run(folder, flow + " --trace trace.jsonl", 0, given);
  std::set<std::string> attempts;
  for (const auto& s : otlp_check::spans_of(content_of(folder.at("trace.jsonl"))))
    if (s.at("name") == "exec")
      attempts.insert(s.at("spanId"));
  BOOST_TEST(attempts.size() == 3u);
  std::istringstream lines{traced};
  for (std::string line; std::getline(lines, line);) {
    const auto told = json::parse(line).at("stdout").get<std::string>();
    BOOST_TEST(told.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    BOOST_TEST(attempts.erase(told.substr(36, 16)) == 1u);
  }
  BOOST_TEST(attempts.empty());
  // Where nothing is traced, what came in goes on as it is.
  const auto untraced = run(folder, flow, 0, given);
  BOOST_TEST(json::parse(untraced.substr(0, untraced.find('\n'))).at("stdout") == parent);
}

BOOST_AUTO_TEST_CASE(attempts_are_told_apart_and_the_waits_between_them_are_seen) {
  const scratch_folder folder;
  run(folder,
      "run " + config("commands.toml") +
          R"( --quiet --set 'stage.command="false"' --set stage.attempts=3 --set stage.backoff=10ms --trace t.json)",
      1, "printf '1\\n' | ");
  const auto events = json::parse(content_of(folder.at("t.json")));
  std::set<int> attempts;
  for (const auto& e : of_category(events, "attempt", "X"))
    attempts.insert(e.at("args").at("weir.attempt").get<int>());
  BOOST_TEST((attempts == std::set<int>{1, 2, 3}));
  auto waits = 0;
  for (const auto& e : of_category(events, "job", "b"))
    waits += e.at("name") == "wait" ? 1 : 0;
  BOOST_TEST(waits == 2);
}

BOOST_AUTO_TEST_CASE(without_the_option_nothing_is_written) {
  const scratch_folder folder;
  run(folder, "run " + config("squares.toml") + " --quiet", 0,
      std::string{"export TRACEPARENT="} + parent + ";");
  BOOST_TEST(std::filesystem::is_empty(folder.path()));
}

BOOST_AUTO_TEST_CASE(a_trace_is_no_part_of_the_runs_own_input_and_whole_when_it_has_its_name) {
  const scratch_folder folder;
  folder.file("in/a", "a");
  folder.file("in/trace.json", "an older one");
  const auto printed = run(
      folder, "run " + config("checksum.toml") + " --quiet --set source.root=in --trace in/trace.json", 0);
  BOOST_TEST(printed.find("in/a") != std::string::npos);
  BOOST_TEST(printed.find("trace.json") == std::string::npos);
  BOOST_TEST(json::parse(content_of(folder.at("in/trace.json"))).is_array());
  BOOST_TEST(!std::filesystem::exists(folder.at("in/trace.json.partial")));
}

BOOST_AUTO_TEST_CASE(a_trace_never_writes_over_what_the_run_needs) {
  const scratch_folder folder;
  std::filesystem::copy_file(WEIR_CONFIG_DIR "/squares.toml", folder.at("squares.toml"));
  for (const auto& [arguments, says] :
       {std::pair{"run squares.toml --trace squares.toml",
                  "--trace would write over the flow file \"squares.toml\""},
        std::pair{"run squares.toml --set sink.path=out --trace out", "where the sink writes"},
        std::pair{"run squares.toml --report r --trace r", "--trace would write over the report"},
        std::pair{"run squares.toml --trace -", "a trace has a file of its own"},
        std::pair{"run squares.toml --trace no/such/folder/t", "cannot be made in the folder"}})
    BOOST_TEST(run(folder, arguments, 2).find(says) != std::string::npos, arguments);
  BOOST_TEST(content_of(folder.at("squares.toml")) == content_of(WEIR_CONFIG_DIR "/squares.toml"));
}

BOOST_AUTO_TEST_SUITE_END()
