#include <weir/weir.hpp>

#include <map>
#include <set>

#include "trace_support.hpp"

using namespace weir;
using namespace weir_test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(traced_runs)

BOOST_AUTO_TEST_CASE(in_virtual_time_the_spans_of_a_map_are_exact) {
  traced t;
  {
    engine on;
    const std::vector<int> inputs{1, 2, 3};
    const auto begun = t.time.now();
    const auto results = parallel_map(on, t.ctx, inputs,
                                      [&](int n) {
                                        t.time.advance(n * 10ms);
                                        return n;
                                      },
                                      {.parallelism = 1});
    BOOST_REQUIRE(results);
    const auto& kept = t.end();
    BOOST_TEST(kept.spans.size() == 7u);
    const auto& run = kept.only(span_role::run);
    BOOST_TEST(run.name == "parallel_map");
    BOOST_TEST(run.parent == 0u);
    BOOST_TEST((run.begun == begun));
    BOOST_TEST((run.ended - run.begun == 60ms));
    BOOST_TEST(text(run, "weir.completed") == "3");
    BOOST_TEST((run.status == span_status::ok));
    const auto attempts = kept.of(span_role::attempt);
    const auto jobs = kept.of(span_role::job);
    BOOST_REQUIRE_EQUAL(attempts.size(), 3u);
    BOOST_REQUIRE_EQUAL(jobs.size(), 3u);
    const std::vector<duration> starts{0ms, 10ms, 30ms};
    for (std::size_t i = 0; i < 3; ++i) {
      BOOST_TEST((attempts[i].begun - begun == starts[i]));
      BOOST_TEST((attempts[i].ended - attempts[i].begun == inputs[i] * 10ms));
      BOOST_TEST(attempts[i].parent == jobs[i].at.span);
      BOOST_TEST(attempts[i].at.trace_id() == run.at.trace_id());
      BOOST_TEST(attempts[i].lane.value_or(9) == 0u);
      BOOST_TEST(text(attempts[i], "weir.index") == std::to_string(i));
      BOOST_TEST(text(attempts[i], "weir.attempt") == "1");
      BOOST_TEST(jobs[i].parent == run.at.span);
      BOOST_TEST((jobs[i].begun == begun));
      BOOST_TEST((jobs[i].ended == attempts[i].ended));
    }
    BOOST_TEST(kept.from.unix_nanos(run.ended) == 1'000'060'000'000);
  }
}

BOOST_AUTO_TEST_CASE(each_attempt_of_a_job_is_a_span_below_that_of_the_job_and_so_is_the_wait) {
  traced t;
  engine on;
  pool<int, int> retried{on,
                         [&](int& n) -> caf::expected<int> {
                           t.time.advance(5ms);
                           if (++n < 3)
                             return make_error(ec::failed, "not yet");
                           return n;
                         },
                         {.name = "retried",
                          .parallelism = 1,
                          .retry = {.attempts = 3, .backoff = 1s, .growth = 1, .jitter = 0}},
                         t.ctx};
  const auto begun = t.time.now();
  auto offer = retried.try_submit(0);
  BOOST_REQUIRE(offer);
  for (unsigned tries = 1; tries < 3; ++tries) {
    while (retried.stats().backing_off == 0)
      std::this_thread::yield();
    t.time.advance(1s);
    while (retried.stats().retries < tries)
      std::this_thread::yield();
  }
  BOOST_TEST(offer->get().completed());
  retried.drain(1s);
  const auto& kept = t.end();
  const auto& job = kept.only(span_role::job);
  BOOST_TEST((job.begun == begun));
  BOOST_TEST((job.ended - job.begun == 2s + 15ms));
  BOOST_TEST(text(job, "weir.attempts") == "3");
  BOOST_TEST(text(job, "weir.outcome") == "completed");
  const auto attempts = kept.of(span_role::attempt);
  BOOST_REQUIRE_EQUAL(attempts.size(), 3u);
  std::set<std::uint64_t> ids;
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST(attempts[i].parent == job.at.span);
    BOOST_TEST(text(attempts[i], "weir.attempt") == std::to_string(i + 1));
    BOOST_TEST((attempts[i].status == (i < 2 ? span_status::error : span_status::ok)));
    BOOST_TEST((attempts[i].begun - begun == i * (1s + 5ms)));
    ids.insert(attempts[i].at.span);
  }
  BOOST_TEST(ids.size() == 3u);
  BOOST_TEST(attempts[0].message == "not yet");
  BOOST_REQUIRE_EQUAL(attempts[0].events.size(), 1u);
  BOOST_TEST(attempts[0].events[0].name == "exception");
  const auto waits = kept.of(span_role::wait);
  BOOST_REQUIRE_EQUAL(waits.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    BOOST_TEST(waits[i].parent == job.at.span);
    BOOST_TEST((waits[i].begun == attempts[i].ended));
    BOOST_TEST((waits[i].ended == attempts[i + 1].begun));
  }
}

BOOST_AUTO_TEST_CASE(jobs_that_are_canceled_before_they_start_are_spans_without_an_attempt) {
  traced t;
  engine on;
  const std::vector<int> inputs(100);
  const auto outcomes_told = parallel_outcomes(
      on, t.ctx, inputs, [](int) { return make_error(ec::failed, "no"); }, {.parallelism = 1});
  BOOST_REQUIRE(outcomes_told);
  const auto& kept = t.end();
  BOOST_TEST(kept.of(span_role::attempt).size() == 1u);
  const auto jobs = kept.of(span_role::job);
  BOOST_TEST(jobs.size() == 100u);
  auto told = outcomes(jobs);
  BOOST_TEST(told["failed"] == 1);
  BOOST_TEST(told["canceled"] == 99);
  const auto canceled =
      std::ranges::find_if(jobs, [](const auto& j) { return text(j, "weir.attempts") == "0"; });
  BOOST_REQUIRE(canceled != jobs.end());
  BOOST_TEST((canceled->status == span_status::unset));
  BOOST_TEST(text(*canceled, "weir.cause").find("job 0 failed: no") != std::string::npos);
  const auto& run = kept.only(span_role::run);
  BOOST_TEST((run.status == span_status::error));
  BOOST_TEST(run.message == "1 job failed");
  BOOST_TEST(text(run, "weir.ended_by").find("halt") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_wait_that_a_cancel_ends_is_a_span_up_to_it) {
  traced t;
  engine on;
  pool<int, int> retried{on,
                         [](int&) -> caf::expected<int> { return make_error(ec::failed, "never"); },
                         {.parallelism = 1, .retry = {.attempts = 9, .backoff = 30s, .jitter = 0}},
                         t.ctx};
  auto offer = retried.try_submit(0);
  BOOST_REQUIRE(offer);
  while (retried.stats().backing_off == 0)
    std::this_thread::yield();
  t.time.advance(10s);
  retried.cancel();
  static_cast<void>(offer->get());
  retried.drain(1s);
  const auto& kept = t.end();
  BOOST_TEST((kept.only(span_role::wait).ended - kept.only(span_role::wait).begun == 10s));
  BOOST_TEST(kept.only(span_role::wait).parent == kept.only(span_role::job).at.span);
}

BOOST_AUTO_TEST_CASE(a_run_is_a_part_of_the_trace_that_its_context_was_given) {
  traced t;
  const auto parent =
      trace_context::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "congo=t61rcWkgMzE");
  engine on;
  const std::vector<int> inputs{1};
  std::optional<trace_context> seen;
  BOOST_REQUIRE(parallel_map(on, with_tracer(t.ctx, t.to, parent), inputs, [&](int n) {
    seen = current_trace();
    return n;
  }));
  const auto& kept = t.end();
  for (const auto& s : kept.spans) {
    BOOST_TEST(s.at.trace_id() == "4bf92f3577b34da6a3ce929d0e0e4736");
    BOOST_TEST(s.at.state == "congo=t61rcWkgMzE");
  }
  BOOST_TEST(kept.only(span_role::run).parent == 0x00f067aa0ba902b7u);
  BOOST_REQUIRE(seen);
  BOOST_TEST(seen->span == kept.only(span_role::attempt).at.span);
  BOOST_TEST(seen->sampled());
}

BOOST_AUTO_TEST_CASE(runs_without_a_parent_have_a_trace_each) {
  traced t;
  engine on;
  const std::vector<int> inputs{1};
  for (int i = 0; i < 2; ++i)
    BOOST_REQUIRE(parallel_map(on, t.ctx, inputs, [](int n) { return n; }));
  const auto runs = t.end().of(span_role::run);
  BOOST_REQUIRE_EQUAL(runs.size(), 2u);
  BOOST_TEST(runs[0].at.trace_id() != runs[1].at.trace_id());
}

BOOST_AUTO_TEST_CASE(what_a_task_starts_is_below_its_attempt) {
  traced t;
  engine on;
  const std::vector<int> inputs{1};
  BOOST_REQUIRE(parallel_map(on, t.ctx, inputs, [&](const context& ctx, int) {
    stream<int, int> inner{
        on, [](int n) { return n; }, {.name = "inner", .parallelism = 1, .capacity = 1}, ctx};
    static_cast<void>(inner.submit(ctx, 1));
    inner.close();
    static_cast<void>(inner.next());
    inner.drain(1s);
    return 0;
  }));
  const auto& kept = t.end();
  const auto runs = kept.of(span_role::run);
  BOOST_REQUIRE_EQUAL(runs.size(), 2u);
  const auto& inner = runs[0].name == "inner" ? runs[0] : runs[1];
  const auto attempts = kept.of(span_role::attempt);
  const auto outer = std::ranges::find(attempts, "parallel_map", &span_record::name);
  BOOST_REQUIRE(outer != attempts.end());
  BOOST_TEST(inner.parent == outer->at.span);
  BOOST_TEST(inner.place->process == "parallel_map");
}

BOOST_AUTO_TEST_CASE(the_stages_of_a_pipeline_are_parts_of_its_run) {
  traced t;
  engine on;
  const std::vector<int> items{1, 2, 3};
  const auto all = (from(items) | stage([](int n) { return n + 1; }, {.name = "add"}) |
                    stage([](int n) { return 2 * n; }, {.name = "double"}) | into([](int) {
                    })).run(on, t.ctx);
  BOOST_TEST(all.clean());
  const auto& kept = t.end();
  const auto& whole = kept.named("pipeline");
  BOOST_TEST(text(whole, "weir.delivered") == "3");
  BOOST_TEST(whole.parent == 0u);
  const auto runs = kept.of(span_role::run);
  BOOST_REQUIRE_EQUAL(runs.size(), 2u);
  for (const auto& r : runs)
    BOOST_TEST(r.parent == whole.at.span);
  BOOST_TEST(kept.of(span_role::job).size() == 6u);
}

BOOST_AUTO_TEST_CASE(runs_at_the_same_time_have_rows_of_their_own_and_later_ones_take_them_again) {
  traced t;
  auto first = t.to->place("map", "map");
  const auto second = t.to->place("map", "map");
  BOOST_TEST(first->slot == 0u);
  BOOST_TEST(second->slot == 1u);
  first.reset();
  BOOST_TEST(t.to->place("map", "map")->slot == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
