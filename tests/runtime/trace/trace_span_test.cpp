#include <weir/weir.hpp>

#include "trace_support.hpp"

using namespace weir;
using namespace weir_test;
using namespace std::chrono_literals;

namespace {

/// Runs `f` as the one job of a map.
template <class F>
void run_one(traced& t, F f) {
  engine on;
  const std::vector<int> inputs{1};
  BOOST_REQUIRE(parallel_map(on, t.ctx, inputs, [&](int) {
    f();
    return 0;
  }));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trace_spans)

BOOST_AUTO_TEST_CASE(without_a_trace_all_of_it_does_nothing) {
  BOOST_TEST(!current_trace());
  trace_event("nothing");
  trace_attribute("none", std::int64_t{1});
  trace_span part{"part"};
  part.set("none", true);
  part.fail(make_error(ec::failed, "no"));
  BOOST_TEST(!part.at());
  const trace_span other{context::background(), "other"};
  BOOST_TEST(!other.at());
}

BOOST_AUTO_TEST_CASE(parts_of_a_task_nest_below_its_attempt) {
  traced t;
  run_one(t, [&] {
    t.time.advance(1ms);
    trace_span outer{"outer"};
    outer.set("bytes", std::int64_t{7});
    t.time.advance(2ms);
    {
      const trace_span inner{"inner"};
      BOOST_TEST((current_trace() == inner.at()));
      t.time.advance(4ms);
    }
    BOOST_TEST((current_trace() == outer.at()));
    outer.event("halfway", {{"percent", std::int64_t{50}}});
  });
  BOOST_TEST(!current_trace());
  const auto& kept = t.end();
  const auto& attempt = kept.only(span_role::attempt);
  const auto& outer = kept.named("outer");
  const auto& inner = kept.named("inner");
  BOOST_TEST(outer.parent == attempt.at.span);
  BOOST_TEST(inner.parent == outer.at.span);
  BOOST_TEST((outer.begun - attempt.begun == 1ms));
  BOOST_TEST((outer.ended - outer.begun == 6ms));
  BOOST_TEST((inner.ended - inner.begun == 4ms));
  BOOST_TEST(text(outer, "bytes") == "7");
  BOOST_REQUIRE_EQUAL(outer.events.size(), 1u);
  BOOST_TEST((outer.events[0].at == inner.ended));
  BOOST_TEST(outer.lane.value_or(9) == 0u);
}

BOOST_AUTO_TEST_CASE(events_and_attributes_go_to_the_attempt_itself) {
  traced t;
  run_one(t, [] {
    trace_attribute("file", std::string{"a"});
    trace_attribute("file", std::string{"b"});
    trace_event("opened");
  });
  const auto& attempt = t.end().only(span_role::attempt);
  BOOST_TEST(text(attempt, "file") == "b");
  BOOST_REQUIRE_EQUAL(attempt.events.size(), 1u);
  BOOST_TEST(attempt.events[0].name == "opened");
}

BOOST_AUTO_TEST_CASE(a_part_may_belong_to_the_trace_that_came_with_a_request) {
  traced t;
  const auto request = *trace_context::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  run_one(t, [&] { const trace_span answer{"answer", request}; });
  const auto& answer = t.end().named("answer");
  BOOST_TEST(answer.at.trace_id() == "4bf92f3577b34da6a3ce929d0e0e4736");
  BOOST_TEST(answer.parent == request.span);
}

BOOST_AUTO_TEST_CASE(a_part_that_failed_says_so) {
  traced t;
  run_one(t, [] { trace_span{"part"}.fail(make_error(ec::io, "no such file")); });
  const auto& part = t.end().named("part");
  BOOST_TEST((part.status == span_status::error));
  BOOST_TEST(part.message == "no such file");
  BOOST_TEST(text(part, "error.type") == "io");
}

BOOST_AUTO_TEST_CASE(a_span_of_the_callers_thread_has_the_runs_that_it_starts_below_it) {
  traced t;
  {
    const trace_span request{t.ctx, "request"};
    run_one(t, [] {});
  }
  const auto& kept = t.end();
  BOOST_TEST(kept.only(span_role::run).parent == kept.named("request").at.span);
  BOOST_TEST(kept.named("request").parent == 0u);
}

BOOST_AUTO_TEST_CASE(what_a_task_adds_is_bounded_and_what_is_dropped_is_counted) {
  traced t;
  run_one(t, [] {
    trace_span part{"part"};
    for (std::size_t i = 0; i < span_record::attributes_max + 3; ++i)
      part.set(std::to_string(i), true);
    for (std::size_t i = 0; i < span_record::events_max + 2; ++i)
      part.event("again");
    part.set("0", std::string(2 * span_record::text_bytes_max, 'x'));
  });
  const auto& part = t.end().named("part");
  BOOST_TEST(part.attributes.size() == span_record::attributes_max);
  BOOST_TEST(part.attributes_dropped == 3u);
  BOOST_TEST(part.events.size() == span_record::events_max);
  BOOST_TEST(part.events_dropped == 2u);
  BOOST_TEST(text(part, "0").size() == span_record::text_bytes_max);
}

BOOST_AUTO_TEST_CASE(a_text_is_cut_where_a_character_ends) {
  span_record s;
  std::string text;
  while (text.size() <= span_record::text_bytes_max)
    text += "\xE2\x82\xAC";
  s.set("euros", text);
  BOOST_TEST(std::get<std::string>(s.attributes[0].content).size() == span_record::text_bytes_max / 3 * 3);
}

BOOST_AUTO_TEST_SUITE_END()
