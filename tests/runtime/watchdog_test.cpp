#include <weir/runtime/flow_run.hpp>
#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>
#include <weir/runtime/watchdog.hpp>

#include <boost/test/unit_test.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "../actors/crew.hpp"
#include "../support/event.hpp"
#include "../support/kept_clock.hpp"
#include "embedding_support.hpp"

using namespace weir;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

/// What a watchdog reports. The tests advance its clock themselves, so it is called on their thread.
struct reports {
  watchdog::report_function hook() {
    return [this](const std::string& text) { all.push_back(text); };
  }

  std::vector<std::string> all;
};

/// A station on a clock of its own, whose jobs wait at a gate.
struct held_station {
  explicit held_station(const std::string& name, std::size_t parallelism = 1)
      : at(test::make_station({.name = name, .capacity = 64}, context::background(time))),
        lanes(at, parallelism) {}

  /// Has `n` jobs begin, which end when the gate opens.
  void begin(std::uint64_t n) {
    test::offer_all(*at, std::make_shared<test::scripted_block>(0, n, [this](std::uint64_t, lane&) {
      hold.wait();
      return caf::error{};
    }));
    hold.wait_for_arrivals(n);
  }

  ~held_station() {
    hold.open();
    test::close(*at);
    at->wait_for_rest();
  }

  manual_clock time;
  gate hold;
  std::shared_ptr<station> at;
  test::crew lanes;
};

/// The library's log as text.
class caught_log {
public:
  caught_log() {
    spdlog::drop("weir");
    auto to =
        std::make_shared<spdlog::logger>("weir", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_));
    to->set_pattern("%l: %v");
    spdlog::register_logger(to);
  }
  ~caught_log() { spdlog::drop("weir"); }
  caught_log(const caught_log&) = delete;
  caught_log& operator=(const caught_log&) = delete;

  [[nodiscard]] std::string text() const { return text_.str(); }

private:
  std::ostringstream text_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(watchdogs)

BOOST_AUTO_TEST_CASE(a_stage_that_stands_still_is_reported_once_with_its_jobs_and_their_age) {
  held_station s{"fetch", 2};
  reports told;
  const watchdog watch{s.time, 30s, {s.at}, told.hook()};
  s.begin(2);
  s.time.advance(29s);
  BOOST_TEST(told.all.empty());
  s.time.advance(10s);
  BOOST_REQUIRE(told.all.size() == 1u);
  BOOST_TEST(told.all[0].starts_with("no job has begun or ended for 3"));
  BOOST_TEST(told.all[0].find("\nstage \"fetch\": 2 of 2 workers at work, 2 of 64 slots taken; 0 completed\n"
                              "  job 0 has been running for ") != std::string::npos);
  s.time.advance(1h);
  BOOST_TEST(told.all.size() == 1u);
}

BOOST_AUTO_TEST_CASE(without_a_limit_only_what_nobody_is_at_work_for_is_reported) {
  held_station slow{"slow"};
  reports told;
  const watchdog watch_slow{slow.time, std::nullopt, {slow.at}, told.hook()};
  slow.begin(1);
  slow.time.advance(24h);
  BOOST_TEST(told.all.empty());

  // Its lanes never came, and nobody expects them.
  manual_clock time;
  const auto orphaned = test::make_station({.name = "orphaned", .capacity = 4}, context::background(time));
  const watchdog watch_orphaned{time, std::nullopt, {orphaned}, told.hook()};
  test::offer_all(*orphaned, std::make_shared<test::scripted_block>(0, 3, test::nothing_wrong));
  time.advance(15s);
  BOOST_REQUIRE(told.all.size() == 1u);
  BOOST_TEST(told.all[0].find("stage \"orphaned\": 0 of 0 workers at work, 3 queued") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_lane_that_is_on_its_way_is_not_missing) {
  manual_clock time;
  reports told;
  const auto at = test::make_station({.name = "new", .capacity = 4}, context::background(time));
  const watchdog watch{time, std::nullopt, {at}, told.hook()};
  BOOST_TEST(at->resize(1) == 1u);
  test::offer_all(*at, std::make_shared<test::scripted_block>(0, 3, test::nothing_wrong));
  time.advance(1h);
  BOOST_TEST(told.all.empty());
}

BOOST_AUTO_TEST_CASE(stages_that_stand_still_together_are_one_report) {
  manual_clock time;
  gate hold;
  engine on;
  reports told;
  const auto ctx = context::background(time);
  stream<int, int> last{
      on, waits_at(hold), {.name = "last", .parallelism = 1, .capacity = 1}, [](outcome<int>&) {}, ctx};
  stream<int, int> first{on,
                         [](int i) { return i; },
                         {.name = "first", .parallelism = 1, .capacity = 1},
                         [&](outcome<int>& o) { static_cast<void>(last.submit(ctx, *o.result)); },
                         ctx};
  const watchdog watch{time, 30s, {first.share(), last.share()}, told.hook()};
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(static_cast<bool>(first.submit(ctx, i)));
  hold.wait_for_arrivals(1);
  const std::string waits = "  the receiver of \"first\" waits for room in \"last\"\n";
  BOOST_TEST(test::eventually([&] { return on.state_text().find(waits) != std::string::npos; }));
  time.advance(40s);
  BOOST_REQUIRE(told.all.size() == 1u);
  BOOST_TEST(told.all[0].find(waits) != std::string::npos);
  BOOST_TEST(told.all[0].find("stage \"last\": 1 of 1 workers at work") != std::string::npos);
  hold.open();
  first.close();
  static_cast<void>(first.drain(hopeless));
}

BOOST_AUTO_TEST_CASE(a_receiver_that_does_not_come_back_is_a_stall_if_there_is_a_limit) {
  manual_clock time;
  gate hold;
  engine on;
  reports told;
  stream<int, int> s{on,
                     [](int i) { return i; },
                     {.name = "rows"},
                     [&](outcome<int>&) { hold.wait(); },
                     context::background(time)};
  reports told_without;
  const watchdog watch{time, 30s, {s.share()}, told.hook()};
  const watchdog without_limit{time, std::nullopt, {s.share()}, told_without.hook()};
  BOOST_TEST(static_cast<bool>(s.try_submit(1)));
  hold.wait_for_arrivals(1);
  BOOST_TEST(test::eventually([&] { return s.look().idle == s.look().parallelism; }));
  time.advance(40s);
  BOOST_TEST(told_without.all.empty());
  BOOST_REQUIRE(told.all.size() == 1u);
  BOOST_TEST(told.all[0].find("outcomes not taken: 1") != std::string::npos);
  hold.open();
}

BOOST_AUTO_TEST_CASE(who_reads_outcomes_may_take_a_rest_after_the_last_one) {
  manual_clock time;
  engine on;
  reports told;
  stream<int, int> s{
      on, [](int i) { return i; }, {.name = "rows", .capacity = 256}, context::background(time)};
  const watchdog watch{time, 30s, {s.share()}, told.hook()};
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(static_cast<bool>(s.try_submit(i)));
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(s.next()->completed());
  BOOST_TEST(test::eventually([&] { return s.look().idle == s.look().parallelism; }));
  time.advance(1h);
  BOOST_TEST(told.all.empty());
}

BOOST_AUTO_TEST_CASE(a_pool_logs_its_stall_as_a_warning) {
  const caught_log log;
  manual_clock time;
  gate hold;
  engine on;
  pool<int, int> p{on,
                   waits_at(hold),
                   {.name = "stuck", .parallelism = 1, .stall_after = 1min},
                   context::background(time)};
  auto t = p.try_submit(1);
  hold.wait_for_arrivals(1);
  time.advance(59s);
  BOOST_TEST(log.text().empty());
  time.advance(5s);
  BOOST_TEST(log.text().find("warning: no job has begun or ended for 60.0 s:") != std::string::npos);
  BOOST_TEST(log.text().find("stage \"stuck\": 1 of 1 workers at work") != std::string::npos);
  hold.open();
  BOOST_TEST(t->get().completed());
}

BOOST_AUTO_TEST_CASE(after_its_end_nothing_is_looked_at) {
  held_station s{"fetch"};
  reports told;
  {
    const watchdog watch{s.time, 30s, {s.at}, told.hook()};
    s.begin(1);
  }
  s.time.advance(1h);
  BOOST_TEST(told.all.empty());
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_idle_times_and_slow_runs_raise_no_alarm) {
  manual_clock time;
  const auto ctx = context::background(time);
  reports told;
  std::mt19937 random{20'261'126};
  const auto some = [&](duration most) {
    return duration{std::uniform_int_distribution<duration::rep>{0, most.count()}(random)};
  };
  const auto limited = test::make_station({.name = "limited", .capacity = 4}, ctx);
  const auto unlimited = test::make_station({.name = "unlimited", .capacity = 4}, ctx);
  const watchdog watch_limited{time, 1min, {limited}, told.hook()};
  const watchdog watch_unlimited{time, std::nullopt, {unlimited}, told.hook()};
  // On this thread, which serves whatever there is and comes back.
  limited->retire();
  unlimited->retire();
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const auto is_limited = i % 2 == 0;
    time.advance(some(is_limited ? 70s : 15s));  // idle
    auto& at = is_limited ? *limited : *unlimited;
    test::offer_all(at, std::make_shared<test::scripted_block>(i / 2, 1, [&](std::uint64_t, lane&) {
                      // Slow: anything below the limit, and whatever it likes where there is none.
                      time.advance(some(is_limited ? 57s : 40s));
                      return caf::error{};
                    }));
    at.expect_lane();
    BOOST_TEST_REQUIRE((at.serve() == station::lane_end::retired));
    BOOST_TEST_REQUIRE(at.look().books.completed == i / 2 + 1);
  }
  BOOST_TEST(told.all.empty());
}

BOOST_AUTO_TEST_SUITE_END()
