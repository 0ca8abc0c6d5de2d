#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <string>

#include "crew.hpp"

namespace weir::test {

namespace {

/// Keeps all that it is told.
class witness final : public station_observer {
public:
  std::shared_ptr<observer> of_jobs() override { return for_jobs; }
  void begins(const attempt& a) noexcept override {
    std::lock_guard guard{mutex};
    begun.push_back(a);
  }
  void ends(const attempt& a, const attempt_end& end) noexcept override {
    std::lock_guard guard{mutex};
    ended.push_back({a, end});
  }
  void ends(const job_end& job) noexcept override {
    before_job_end();
    std::lock_guard guard{mutex};
    jobs.push_back(job);
  }
  void at_rest(const policy::books& all, const cause* why, time_point at) noexcept override {
    during_rest();
    std::lock_guard guard{mutex};
    ++rests;
    books = all;
    stopped = why ? to_string(*why) : "";
    rest_at = at;
    jobs_before_rest = jobs.size();
  }

  std::shared_ptr<observer> for_jobs;
  std::function<void()> before_job_end = [] {};
  std::function<void()> during_rest = [] {};
  std::mutex mutex;
  std::vector<attempt> begun;
  std::vector<std::pair<attempt, attempt_end>> ended;
  std::vector<job_end> jobs;
  policy::books books;
  std::string stopped;
  time_point rest_at{};
  std::size_t jobs_before_rest = 0;
  int rests = 0;
};

class lookout final : public observer {
public:
  std::shared_ptr<station_observer> watch(const std::string& stage, time_point at) override {
    stages.push_back(stage);
    started = at;
    return seen;
  }

  std::shared_ptr<witness> seen = std::make_shared<witness>();
  std::vector<std::string> stages;
  time_point started{};
};

struct observed {
  manual_clock time;
  std::shared_ptr<lookout> from = std::make_shared<lookout>();
  context ctx = context::with_observer(context::background(time), from);
  witness& seen = *from->seen;
};

std::map<outcome_kind, int> count(const std::vector<job_end>& jobs) {
  std::map<outcome_kind, int> n;
  for (const auto& j : jobs)
    ++n[j.kind];
  return n;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(observed_stations)

BOOST_AUTO_TEST_CASE(each_attempt_and_each_outcome_is_told_with_its_times) {
  observed o;
  const auto at = make_station({.name = "shout", .capacity = 3}, o.ctx);
  const auto block = std::make_shared<scripted_block>(0, 3, [&](std::uint64_t i, lane&) {
    o.time.advance(std::chrono::milliseconds{10});
    return i == 1 ? make_error(ec::failed, "no") : caf::error{};
  });
  const auto start = o.time.now();
  offer_all(*at, block);
  close(*at);
  {
    crew one{at, 1};
    at->wait_for_rest();
  }
  BOOST_REQUIRE_EQUAL(o.from->stages.size(), 1u);
  BOOST_TEST(o.from->stages[0] == "shout");
  BOOST_TEST((o.from->started == start));
  BOOST_REQUIRE_EQUAL(o.seen.ended.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& [a, end] = o.seen.ended[i];
    BOOST_TEST(a.index == i);
    BOOST_TEST(a.number == 1u);
    BOOST_TEST(a.lane == 0u);
    BOOST_TEST((a.begun == start + i * std::chrono::milliseconds{10}));
    BOOST_TEST((end.at - a.begun == std::chrono::milliseconds{10}));
    BOOST_TEST((end.how == (i == 1 ? attempt_end::how_t::failed : attempt_end::how_t::completed)));
    BOOST_TEST(o.seen.jobs[i].index == i);
    BOOST_TEST(o.seen.jobs[i].attempts == 1u);
    BOOST_TEST((o.seen.jobs[i].kind == (i == 1 ? outcome_kind::failed : outcome_kind::completed)));
  }
  BOOST_TEST(text_of(o.seen.jobs[1].why) == "no");
  BOOST_TEST(!o.seen.jobs[2].why);
  BOOST_TEST(o.seen.rests == 1);
  BOOST_TEST(o.seen.books.balanced());
  BOOST_TEST(o.seen.books.failed == 1u);
  BOOST_TEST((o.seen.rest_at == start + std::chrono::milliseconds{30}));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_tried_again_is_told_of_for_each_attempt_and_ends_once) {
  observed o;
  const auto at = make_station(
      {.capacity = 1, .retry = {.attempts = 3, .backoff = std::chrono::seconds{1}, .jitter = 0}}, o.ctx);
  const auto block = std::make_shared<scripted_block>(0, 1, [](std::uint64_t, lane& on) {
    return on.attempt() < 3 ? make_error(ec::failed, "not yet") : caf::error{};
  });
  offer_all(*at, block);
  close(*at);
  {
    crew one{at, 1};
    for (unsigned tries = 1; tries < 3; ++tries) {
      BOOST_REQUIRE(eventually([&] { return at->look().backing_off == 1; }));
      o.time.advance(std::chrono::seconds{5});
      BOOST_REQUIRE(eventually([&] { return at->look().retries == tries; }));
    }
    at->wait_for_rest();
  }
  BOOST_REQUIRE_EQUAL(o.seen.ended.size(), 3u);
  BOOST_TEST((o.seen.ended[0].second.how == attempt_end::how_t::repeats));
  BOOST_TEST((o.seen.ended[1].second.how == attempt_end::how_t::repeats));
  BOOST_TEST((o.seen.ended[2].second.how == attempt_end::how_t::completed));
  BOOST_TEST(text_of(o.seen.ended[1].second.why) == "not yet");
  BOOST_TEST(o.seen.ended[2].first.number == 3u);
  BOOST_REQUIRE_EQUAL(o.seen.jobs.size(), 1u);
  BOOST_TEST(o.seen.jobs[0].attempts == 3u);
  BOOST_TEST((o.seen.jobs[0].kind == outcome_kind::completed));
}

BOOST_AUTO_TEST_CASE(jobs_that_never_started_are_told_of_before_anybody_learns_of_rest) {
  observed o;
  const auto at = make_station({.capacity = 100}, o.ctx);
  const auto block = std::make_shared<scripted_block>(0, 100, [&](std::uint64_t i, lane& on) {
    if (i == 4)
      o.ctx.cancel("enough");
    return on.ctx().canceled() ? on.ctx().error() : caf::error{};
  });
  offer_all(*at, block);
  close(*at);
  std::size_t told_at_rest = 0;
  at->on_rest([&] { told_at_rest = o.seen.jobs_before_rest; });
  {
    crew one{at, 1};
    at->wait_for_rest();
  }
  BOOST_TEST(told_at_rest == 100u);
  BOOST_TEST(o.seen.jobs.size() == 100u);
  BOOST_TEST(count(o.seen.jobs)[outcome_kind::completed] == 4);
  BOOST_TEST(count(o.seen.jobs)[outcome_kind::canceled] == 96);
  for (const auto& j : o.seen.jobs)
    BOOST_TEST(j.attempts == (j.index <= 4 ? 1u : 0u));
  BOOST_TEST(o.seen.stopped == "enough (caller)");
}

BOOST_AUTO_TEST_CASE(nobody_learns_of_rest_while_an_outcome_is_being_told) {
  observed o;
  event telling, go;
  o.seen.before_job_end = [&] {
    telling.set();
    go.wait();
  };
  const auto at = make_station({.capacity = 1}, o.ctx);
  offer_all(*at, std::make_shared<scripted_block>(0, 1, nothing_wrong));
  close(*at);
  auto rests = false;
  at->on_rest([&] { rests = true; });
  crew one{at, 1};
  telling.wait();
  at->look_for_rest();
  BOOST_TEST(!rests);
  BOOST_TEST(o.seen.rests == 0);
  go.set();
  at->wait_for_rest();
  BOOST_TEST(o.seen.jobs_before_rest == 1u);
}

BOOST_AUTO_TEST_CASE(rest_is_told_once_and_nothing_that_comes_meanwhile_is_why) {
  observed o;
  const auto at = make_station({.capacity = 1}, o.ctx);
  auto nested = 0;
  o.seen.during_rest = [&] {
    if (++nested > 1)
      return;
    at->look_for_rest();
    o.ctx.cancel("too late");
  };
  offer_all(*at, std::make_shared<scripted_block>(0, 1, nothing_wrong));
  close(*at);
  crew one{at, 1};
  at->wait_for_rest();
  BOOST_TEST(o.seen.rests == 1);
  BOOST_TEST(o.seen.stopped.empty());
  BOOST_TEST(!at->stopped_by().has_value());
}

BOOST_AUTO_TEST_CASE(a_job_whose_lane_is_written_off_ends_once_and_its_attempt_when_it_returns) {
  observed o;
  const auto at = make_station({.capacity = 1}, o.ctx);
  event started, go;
  const auto block = std::make_shared<scripted_block>(0, 1, [&](std::uint64_t, lane&) {
    started.set();
    go.wait();
    return caf::error{};
  });
  offer_all(*at, block);
  close(*at);
  {
    crew one{at, 1};
    started.wait();
    BOOST_TEST(at->abandon().size() == 1u);
    at->wait_for_rest();
    BOOST_TEST(o.seen.ended.empty());
    BOOST_REQUIRE_EQUAL(o.seen.jobs.size(), 1u);
    BOOST_TEST((o.seen.jobs[0].kind == outcome_kind::canceled));
    BOOST_TEST(is(o.seen.jobs[0].why, ec::abandoned));
    go.set();
  }
  BOOST_TEST(o.seen.ended.size() == 1u);
  BOOST_TEST(o.seen.jobs.size() == 1u);
  BOOST_TEST(o.seen.rests == 1);
}

BOOST_AUTO_TEST_CASE(under_load_and_cancels_each_job_is_told_of_exactly_once) {
  for (int round = 0; round < 20; ++round) {
    const auto from = std::make_shared<lookout>();
    const auto ctx = context::with_observer(context::background(), from);
    constexpr std::uint64_t n = 2000;
    const auto at = make_station({.capacity = n}, ctx);
    const auto block = std::make_shared<scripted_block>(0, n, [&](std::uint64_t i, lane&) {
      if (i == 100 * static_cast<std::uint64_t>(round))
        ctx.cancel("enough");
      return caf::error{};
    });
    crew three{at, 3};
    offer_all(*at, block);
    close(*at);
    at->wait_for_rest();
    std::lock_guard guard{from->seen->mutex};
    std::vector<int> told(n);
    for (const auto& j : from->seen->jobs)
      ++told[j.index];
    BOOST_TEST(from->seen->jobs.size() == n);
    BOOST_TEST(std::count(told.begin(), told.end(), 1) == static_cast<std::ptrdiff_t>(n));
    BOOST_TEST(from->seen->jobs_before_rest == n);
    BOOST_TEST(from->seen->begun.size() == from->seen->ended.size());
    BOOST_TEST(from->seen->books.balanced());
  }
}

BOOST_AUTO_TEST_CASE(what_a_task_starts_is_told_to_whom_the_observer_of_its_station_says) {
  observed o;
  o.seen.for_jobs = std::make_shared<lookout>();
  const auto at = make_station({.capacity = 1}, o.ctx);
  std::shared_ptr<observer> found;
  offer_all(*at, std::make_shared<scripted_block>(0, 1, [&](std::uint64_t, lane& on) {
    found = on.ctx().observer();
    return caf::error{};
  }));
  close(*at);
  crew one{at, 1};
  at->wait_for_rest();
  BOOST_TEST(found == o.seen.for_jobs);
  BOOST_TEST(at->ctx().observer() == o.from);
}

BOOST_AUTO_TEST_CASE(children_of_a_context_have_its_observer_and_its_parent_has_not) {
  const auto root = context::background();
  const auto from = std::make_shared<lookout>();
  const auto watched = context::with_observer(root, from);
  BOOST_TEST(context::with_cancel(watched).observer() == from);
  BOOST_TEST(!root.observer());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weir::test
