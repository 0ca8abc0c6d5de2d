#include <weir/runtime/engine.hpp>
#include <weir/runtime/parallel_map.hpp>
#include <weir/runtime/trace/chrome_trace.hpp>
#include <weir/runtime/trace/otlp_lines.hpp>
#include <weir/runtime/trace/trace_span.hpp>

#include <cmath>
#include <limits>

#include "../../support/otlp_check.hpp"
#include "../../support/scratch_folder.hpp"
#include "../support/files.hpp"
#include "trace_support.hpp"

using namespace weir;
using namespace weir_test;
using namespace std::chrono_literals;

namespace {

trace_origin origin() {
  return {"test", time_point{}, std::chrono::seconds{1'700'000'000}};
}

span_record example() {
  span_record s;
  s.at = {1, 2, 3, trace_context::sampled_flag, "congo=t61rcWkgMzE"};
  s.parent = 4;
  s.name = "example";
  s.begun = time_point{1ns};
  s.ended = time_point{1s + 2ns};
  s.place = std::make_shared<trace_place>(trace_place{"run", "stage", 0});
  return s;
}

json span_of(const span_record& s) {
  return otlp_check::spans_of(detail::otlp_line(origin(), {&s, 1})).at(0);
}

/// A traced run with failures, waits, cancels and parts, on a clock that stands still.
void run_something(const std::string& path, std::size_t spans_max = 16'384) {
  manual_clock time;
  auto to = tracer::to_file(
      path,
      {.spans_max = spans_max, .seed = 7, .time = &time, .unix_start = std::chrono::seconds{1'700'000'000}});
  BOOST_REQUIRE_MESSAGE(to, (to ? "" : text_of(to.error())));
  const auto ctx = with_tracer(context::background(time), *to);
  engine on;
  const std::vector<int> inputs{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const auto all = parallel_outcomes(
      on, ctx, inputs,
      [&](int n) -> caf::expected<int> {
        trace_span part{"part"};
        part.event("look", {{"at", std::int64_t{n}}});
        time.advance(10ms);
        if (n == 3)
          return make_error(ec::failed, "three \"is\"\nout");
        return n;
      },
      {.parallelism = 1, .on_error = policy::collect, .retry = {.attempts = 2, .backoff = 0ns}});
  BOOST_REQUIRE(all);
  BOOST_TEST(!(*to)->finish());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trace_files)

BOOST_AUTO_TEST_CASE(a_span_has_the_form_that_the_protocol_says) {
  auto s = example();
  s.set("text", std::string{"a\xFFz"});
  s.set("count", std::int64_t{-9'007'199'254'740'993});
  s.set("share", 0.5);
  s.set("none", std::numeric_limits<double>::quiet_NaN());
  s.set("yes", true);
  s.set("empty", span_value{});
  s.fail(make_error(ec::io, "the disk is full"), s.ended);
  const auto j = span_of(s);
  BOOST_TEST(j.at("traceId") == "00000000000000010000000000000002");
  BOOST_TEST(j.at("spanId") == "0000000000000003");
  BOOST_TEST(j.at("parentSpanId") == "0000000000000004");
  BOOST_TEST(j.at("traceState") == "congo=t61rcWkgMzE");
  BOOST_TEST(j.at("flags") == 1);
  BOOST_TEST(j.at("kind") == 1);
  BOOST_TEST(j.at("startTimeUnixNano") == "1700000000000000001");
  BOOST_TEST(j.at("endTimeUnixNano") == "1700000001000000002");
  BOOST_TEST(j.at("status").at("code") == 2);
  BOOST_TEST(j.at("status").at("message") == "the disk is full");
  auto attributes = otlp_check::attributes_of(j);
  BOOST_TEST(attributes["text"] == "a\xEF\xBF\xBDz");
  BOOST_TEST(attributes["count"] == "-9007199254740993");
  BOOST_TEST(attributes["share"] == 0.5);
  BOOST_TEST(attributes["none"] == "NaN");
  BOOST_TEST(attributes["yes"] == true);
  BOOST_TEST(attributes["empty"].is_null());
  BOOST_REQUIRE_EQUAL(j.at("events").size(), 1u);
  BOOST_TEST(j.at("events")[0].at("name") == "exception");
  BOOST_TEST(j.at("events")[0].at("timeUnixNano") == "1700000001000000002");
}

BOOST_AUTO_TEST_CASE(a_root_has_no_parent_and_no_state_where_there_is_none) {
  auto s = example();
  s.parent = 0;
  s.at.state.clear();
  const auto j = span_of(s);
  BOOST_TEST(!j.contains("parentSpanId"));
  BOOST_TEST(!j.contains("traceState"));
  BOOST_TEST(j.at("status").at("code") == 0);
}

BOOST_AUTO_TEST_CASE(the_checker_finds_what_is_wrong) {
  auto s = example();
  s.at.span = 0;
  BOOST_CHECK_THROW(static_cast<void>(span_of(s)), std::runtime_error);
  s = example();
  s.ended = time_point{};
  BOOST_CHECK_THROW(static_cast<void>(span_of(s)), std::runtime_error);
  s = example();
  auto line = detail::otlp_line(origin(), {&s, 1});
  const auto broken = [&](const std::string& from, const std::string& to) {
    auto text = line;
    BOOST_REQUIRE(text.find(from) != std::string::npos);
    return text.replace(text.find(from), from.size(), to);
  };
  for (const auto& text :
       {broken("\"kind\":1", "\"kind\":\"SPAN_KIND_INTERNAL\""),
        broken("startTimeUnixNano", "start_time_unix_nano"),
        broken("\"1700000000000000001\"", "1700000000000000001"), broken("\"code\":0", "\"code\":\"0\""),
        broken("\"spanId\":\"0000000000000003\"", "\"spanId\":\"AAAAAAAAAAM=\""), broken("\n", "")})
    BOOST_CHECK_THROW(static_cast<void>(otlp_check::spans_of(text)), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(the_lines_of_a_run_are_valid_and_its_spans_a_tree) {
  const scratch_folder folder;
  run_something(folder.at("trace.jsonl"));
  const auto spans = otlp_check::spans_of(content_of(folder.at("trace.jsonl")));
  // A run; ten jobs; eleven attempts with a part each; a wait.
  BOOST_TEST(spans.size() == 1u + 10 + 11 + 11 + 1);
  std::set<std::string> ids;
  for (const auto& s : spans)
    ids.insert(s.at("spanId"));
  auto roots = 0;
  for (const auto& s : spans) {
    BOOST_TEST(s.at("traceId") == spans[0].at("traceId"));
    if (s.contains("parentSpanId"))
      BOOST_TEST(ids.contains(s.at("parentSpanId")), s.dump());
    else
      ++roots;
  }
  BOOST_TEST(roots == 1);
}

BOOST_AUTO_TEST_CASE(lines_hold_a_bounded_number_of_spans) {
  const scratch_folder folder;
  {
    auto to = detail::otlp_lines{detail::output::to_file(folder.at("trace.jsonl"))};
    std::vector<span_record> spans(150, example());
    for (std::size_t i = 0; i < spans.size(); ++i)
      spans[i].at.span = i + 1;
    BOOST_TEST(!to.open(origin()));
    BOOST_TEST(!to.put(spans));
    BOOST_TEST(!to.finish(2));
  }
  const auto text = content_of(folder.at("trace.jsonl"));
  BOOST_TEST(otlp_check::spans_of(text).size() == 150u);
  BOOST_TEST(std::ranges::count(text, '\n') == 4);
  BOOST_TEST(text.find(R"({"key":"weir.spans_lost","value":{"intValue":"2"}})") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_chrome_trace_has_a_slice_for_each_attempt_on_its_lane_and_a_row_for_each_job) {
  const scratch_folder folder;
  run_something(folder.at("trace.json"));
  const auto events = json::parse(content_of(folder.at("trace.json")));
  BOOST_REQUIRE(events.is_array());
  std::map<std::string, int> phases;
  std::vector<json> attempts, jobs, waits;
  std::map<int, std::string> threads;
  for (const auto& e : events) {
    const auto phase = e.at("ph").get<std::string>();
    ++phases[phase];
    if (e.at("name") == "thread_name")
      threads[e.at("tid")] = e.at("args").at("name");
    if (phase == "X" && e.at("cat") == "attempt")
      attempts.push_back(e);
    if (phase == "b" && e.at("name") == "parallel_map job")
      jobs.push_back(e);
    if (phase == "b" && e.at("name") == "wait")
      waits.push_back(e);
  }
  BOOST_TEST(phases["X"] == 22);
  BOOST_TEST(phases["b"] == phases["e"]);
  BOOST_TEST(phases["i"] == 11 + 2);  // a look in each part, and the exceptions of the two failed attempts
  BOOST_TEST(attempts.size() == 11u);
  BOOST_TEST(jobs.size() == 10u);
  BOOST_REQUIRE_EQUAL(waits.size(), 1u);
  BOOST_TEST(threads.size() == 1u);
  BOOST_TEST(threads[attempts[0].at("tid")] == "parallel_map lane 0");
  // Times are exact: microseconds from the start.
  BOOST_TEST(attempts[1].at("ts") == 10'000.0);
  BOOST_TEST(attempts[1].at("dur") == 10'000.0);
  BOOST_TEST(attempts[1].at("args").at("weir.index") == 1);
  const auto failed =
      std::ranges::find_if(attempts, [](const json& a) { return a.at("args").contains("error"); });
  BOOST_REQUIRE(failed != attempts.end());
  BOOST_TEST(failed->at("args").at("error") == "three \"is\"\nout");
  BOOST_TEST(waits[0].at("id") == "0x" + failed->at("args").at("parent_span_id").get<std::string>());
  BOOST_TEST(events[0].at("args").at("unix_nanos") == "1700000000000000000");
}

BOOST_AUTO_TEST_CASE(a_chrome_trace_says_how_many_spans_were_lost) {
  const scratch_folder folder;
  const auto path = folder.at("trace.json");
  detail::chrome_trace to{detail::output::to_file(path)};
  BOOST_TEST(!to.open(origin()));
  BOOST_TEST(!to.finish(3));
  const auto events = json::parse(content_of(path));
  BOOST_TEST(events.back().at("name") == "spans_lost");
  BOOST_TEST(events.back().at("args").at("count") == 3);
}

BOOST_AUTO_TEST_SUITE_END()
