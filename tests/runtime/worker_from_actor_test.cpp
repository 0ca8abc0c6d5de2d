#include <weir/actors/caf.hpp>
#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>

#include <atomic>
#include <chrono>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../support/kept_log.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;

namespace {

/// Actors that a test may kill.
class victims {
public:
  void add(const caf::actor& a) {
    std::lock_guard guard{mutex_};
    all_.push_back(caf::actor_cast<caf::actor_addr>(a));
  }

  /// One that has not ended, as far as can be seen.
  void kill_one(std::size_t n) {
    std::lock_guard guard{mutex_};
    std::erase_if(all_, [](const auto& a) { return !caf::actor_cast<caf::actor>(a); });
    if (all_.empty())
      return;
    if (const auto a = caf::actor_cast<caf::actor>(all_[n % all_.size()]))
      caf::anon_send_exit(a, caf::exit_reason::kill);
  }

private:
  std::mutex mutex_;
  std::vector<caf::actor_addr> all_;
};

template <class F>
auto worker_that(F f) {
  return [f](caf::event_based_actor* self) -> caf::behavior {
    watch(self, [](const caf::actor_addr&, const caf::error&) {});
    return {[f](int x) -> caf::result<int> { return f(x); }};
  };
}

/// A job whose copy may throw.
struct unruly {
  int x = 0;
  bool throws = false;
  unruly(int number, bool refuses) : x(number), throws(refuses) {}
  unruly(unruly&&) = default;
  unruly& operator=(unruly&&) = default;
  unruly& operator=(const unruly&) = default;
  unruly(const unruly& other) : x(other.x), throws(other.throws) {
    if (throws)
      throw std::runtime_error{"not this one"};
  }
};

}  // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(unruly)

BOOST_AUTO_TEST_SUITE(workers_from_actors)

BOOST_AUTO_TEST_CASE(jobs_are_done_by_actors_and_their_errors_are_failures) {
  engine on;
  auto task = worker_from_actor<int, int>(on, [work = worker_that([](int x) -> caf::result<int> {
                                                 if (x == 3)
                                                   return make_error(ec::failed, "not a three");
                                                 return 2 * x;
                                               })](caf::actor_system& s) { return s.spawn(work); },
                                          {.workers = 2});
  pool<int, int> at{on, std::move(task), {.parallelism = 2, .capacity = 8}};
  std::vector<ticket<int>> tickets;
  for (int x = 0; x < 5; ++x)
    tickets.push_back(std::move(*at.submit(context::background(), x)));
  for (int x = 0; x < 5; ++x) {
    const auto o = tickets[static_cast<std::size_t>(x)].get();
    BOOST_TEST(o.completed() == (x != 3));
    if (o.completed())
      BOOST_TEST(*o.result == 2 * x);
    else
      BOOST_TEST(text_of(o.result.error()) == "not a three");
  }
}

BOOST_AUTO_TEST_CASE(of_100000_jobs_none_is_lost_or_doubled_while_a_worker_is_killed_every_10_ms) {
  constexpr int jobs = 100'000;
  std::vector<std::atomic<unsigned>> executions(jobs);
  victims workers;
  engine on;
  std::atomic<unsigned> starts{0};
  auto task = worker_from_actor<int, int>(on,
                                          [&, work = worker_that([&](int x) {
                                                executions[static_cast<std::size_t>(x)].fetch_add(1);
                                                return x + 1;
                                              })](caf::actor_system& s) {
                                            auto a = s.spawn(work);
                                            ++starts;
                                            workers.add(a);
                                            return a;
                                          },
                                          {.workers = 4, .restart = {.intensity = 1'000'000, .period = 1h}});
  unsigned completed = 0, failed = 0;
  bool in_order = true, within_attempts = true;
  std::uint64_t next = 0;
  stream<int, int> at{on,
                      std::move(task),
                      {.parallelism = 4, .capacity = 256, .retry = {.losses = 1000}},
                      [&](outcome<int>& o) {
                        in_order &= o.index == next++;
                        completed += o.completed() && *o.result == static_cast<int>(o.index) + 1 ? 1 : 0;
                        failed += o.completed() ? 0 : 1;
                        within_attempts &= executions[o.index].load() <= o.attempt;
                      }};
  std::atomic<bool> over{false};
  unsigned kills = 0;
  std::jthread killer{[&] {
    std::minstd_rand random{7};
    for (; !over; ++kills) {
      std::this_thread::sleep_for(10ms);
      workers.kill_one(random());
    }
  }};
  const auto begin = std::chrono::steady_clock::now();
  for (int x = 0; x < jobs; ++x)
    BOOST_REQUIRE(at.submit(context::background(), x));
  at.close();
  at.wait();
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  over = true;
  killer.join();
  BOOST_TEST(completed == static_cast<unsigned>(jobs));
  BOOST_TEST(failed == 0u);
  BOOST_TEST(in_order);
  BOOST_TEST(within_attempts);
  BOOST_TEST(kills > 10u);
  BOOST_TEST(starts > 10u);
  BOOST_TEST_MESSAGE(jobs << " jobs, " << kills << " kills, " << starts - 4 << " restarts, "
                          << static_cast<int>(jobs / took) << " jobs a second");
}

BOOST_AUTO_TEST_CASE(a_job_that_kills_its_workers_is_quarantined_with_its_history_after_the_third) {
  engine on;
  std::atomic<unsigned> deaths{0};
  auto task = worker_from_actor<int, int>(on, [&, work = worker_that([&](int x) {
                                                    if (x == 7) {
                                                      ++deaths;
                                                      throw std::runtime_error{"poison"};
                                                    }
                                                    return x;
                                                  })](caf::actor_system& s) { return s.spawn(work); },
                                          {.workers = 2});
  pool<int, int> at{on, std::move(task), {.parallelism = 2, .capacity = 16}};
  std::vector<ticket<int>> tickets;
  for (int x = 0; x < 12; ++x)
    tickets.push_back(std::move(*at.submit(context::background(), x)));
  for (int x = 0; x < 12; ++x) {
    const auto o = tickets[static_cast<std::size_t>(x)].get();
    BOOST_TEST(o.completed() == (x != 7));
    if (x != 7)
      continue;
    BOOST_TEST(is(o.result.error(), ec::quarantined));
    BOOST_TEST(o.attempt == 3u);
    const auto text = text_of(o.result.error());
    BOOST_TEST(text.find("it has lost 3 workers: attempt 1: ") == 0u, text);
    BOOST_TEST(text.find("attempt 3: ") != std::string::npos, text);
    BOOST_TEST(text.find("poison") != std::string::npos, text);
  }
  BOOST_TEST(deaths == 3u);
}

BOOST_AUTO_TEST_CASE(many_jobs_that_kill_their_workers_leave_the_pool_to_the_others) {
  engine on;
  auto task = worker_from_actor<int, int>(on, [work = worker_that([](int x) {
                                                 if (x % 2 == 0)
                                                   throw std::runtime_error{"poison"};
                                                 return x;
                                               })](caf::actor_system& s) { return s.spawn(work); },
                                          {.workers = 4});
  pool<int, int> at{on, std::move(task), {.parallelism = 4, .capacity = 64}};
  std::vector<ticket<int>> tickets;
  for (int x = 0; x < 60; ++x)
    tickets.push_back(std::move(*at.submit(context::background(), x)));
  for (int x = 0; x < 60; ++x) {
    const auto o = tickets[static_cast<std::size_t>(x)].get();
    BOOST_TEST((x % 2 == 0 ? is(o.result.error(), ec::quarantined) : o.completed()), "job " << x);
  }
}

BOOST_AUTO_TEST_CASE(workers_that_end_without_a_job_more_often_than_allowed_cancel_the_run) {
  with_log log;
  engine on;
  std::atomic<unsigned> starts{0};
  const auto ends_at_once = [&](caf::event_based_actor* self) -> caf::behavior {
    ++starts;
    self->quit(caf::exit_reason::unhandled_exception);
    return {[](int x) { return x; }};
  };
  auto task = worker_from_actor<int, int>(on, [&](caf::actor_system& s) { return s.spawn(ends_at_once); },
                                          {.workers = 1, .restart = {.intensity = 2, .period = 1h}});
  pool<int, int> at{on, std::move(task), {.parallelism = 1, .capacity = 4, .retry = {.losses = 100}}};
  // Before there is a job, as a worker that one reaches before its end is known does not count.
  BOOST_TEST(log.lines->next().starts_with("more restarts than the rule allows"));
  if (auto t = at.submit(context::background(), 1))
    BOOST_TEST(!t->get().completed());
  const auto refused = at.submit(context::background(), 2);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(is(refused.error(), ec::worker_lost));
  const auto text = text_of(refused.error());
  BOOST_TEST(text.find("more than 2 workers ended within 1 h 00 min without") != std::string::npos, text);
  BOOST_TEST(text.find("restart.intensity") != std::string::npos, text);
  BOOST_TEST(starts == 3u);
}

BOOST_AUTO_TEST_CASE(a_job_that_can_t_be_copied_fails_and_its_worker_is_there_for_the_next) {
  engine on;
  const auto work = [](caf::event_based_actor* self) -> caf::behavior {
    watch(self, [](const caf::actor_addr&, const caf::error&) {});
    return {[](const unruly& job) { return job.x; }};
  };
  auto task =
      worker_from_actor<unruly, int>(on, [&](caf::actor_system& s) { return s.spawn(work); }, {.workers = 1});
  pool<unruly, int> at{on, std::move(task), {.parallelism = 1, .capacity = 2}};
  auto broken = std::move(*at.submit(context::background(), unruly{1, true}));
  auto next = std::move(*at.submit(context::background(), unruly{2, false}));
  BOOST_TEST(text_of(broken.get().result.error()).find("not this one") != std::string::npos);
  BOOST_TEST(next.get().completed());
}

BOOST_AUTO_TEST_CASE(a_late_job_ends_its_worker_and_the_next_one_gets_a_new_one) {
  engine on;
  std::atomic<unsigned> starts{0};
  std::atomic<bool> go{false};
  // A worker that returns before it has heard that it is to go may stay: so it is late more than once.
  constexpr unsigned rounds = 20;
  auto task = worker_from_actor<int, int>(on,
                                          [&, work = worker_that([&](int x) {
                                                for (; x == 1 && !go;)
                                                  std::this_thread::yield();
                                                return x;
                                              })](caf::actor_system& s) {
                                            ++starts;
                                            return s.spawn(work);
                                          },
                                          {.workers = 1});
  pool<int, int> at{
      on, std::move(task), {.parallelism = 1, .capacity = 4, .timeouts = {.run = 200ms, .grace = 10s}}};
  unsigned round = 0;
  for (; round < rounds && starts < 2; ++round) {
    go = false;
    auto late = std::move(*at.submit(context::background(), 1));
    BOOST_TEST(is(late.get().result.error(), ec::run_timeout));
    go = true;
    auto next = std::move(*at.submit(context::background(), 2));
    BOOST_TEST(next.get().completed());
  }
  BOOST_TEST(starts == 2u);
  BOOST_TEST_MESSAGE("replaced in round " << round);
}

BOOST_AUTO_TEST_CASE(a_worker_that_goes_on_though_it_was_killed_is_replaced_up_to_a_bound) {
  engine on;
  std::atomic<unsigned> starts{0};
  std::atomic<bool> go{false};
  const auto work = worker_that([&](int x) {
    for (; x == 1 && !go;)
      std::this_thread::sleep_for(1ms);
    return x;
  });
  auto task = worker_from_actor<int, int>(on,
                                          [&](caf::actor_system& s) {
                                            ++starts;
                                            return s.spawn<caf::detached>(work);
                                          },
                                          {.workers = 1, .stop_time = 10ms, .abandoned_max = 1});
  pool<int, int> at{
      on, std::move(task), {.parallelism = 1, .capacity = 4, .timeouts = {.run = 300ms, .grace = 10s}}};
  const auto late = [&] {
    auto t = std::move(*at.submit(context::background(), 1));
    return is(t.get().result.error(), ec::run_timeout);
  };
  BOOST_TEST(late());
  auto next = std::move(*at.submit(context::background(), 2));
  BOOST_TEST(next.get().completed());
  BOOST_TEST(starts == 2u);
  // The next one keeps its place until it has ended.
  BOOST_TEST(late());
  auto waits = std::move(*at.submit(context::background(), 3));
  std::this_thread::sleep_for(50ms);
  BOOST_TEST(starts == 2u);
  go = true;
  BOOST_TEST(waits.get().completed());
  BOOST_TEST(starts == 3u);
}

BOOST_AUTO_TEST_CASE(what_a_worker_says_that_was_left_to_itself_is_no_answer_to_the_next_job) {
  engine on;
  std::atomic<bool> first_goes{false};
  std::atomic<bool> second_goes{false};
  std::atomic<bool> first_returned{false};
  std::atomic<bool> second_begun{false};
  const auto work = worker_that([&](int x) {
    second_begun = second_begun || x == 2;
    const auto& goes = x == 1 ? first_goes : second_goes;
    while (!goes)
      std::this_thread::sleep_for(1ms);
    first_returned = first_returned || x == 1;
    return 10 * x;
  });
  auto task =
      worker_from_actor<int, int>(on, [&](caf::actor_system& s) { return s.spawn<caf::detached>(work); },
                                  {.workers = 1, .stop_time = 5ms, .abandoned_max = 1});
  pool<int, int> at{
      on, std::move(task), {.parallelism = 1, .capacity = 2, .timeouts = {.run = 300ms, .grace = 10s}}};
  auto late = std::move(*at.submit(context::background(), 1));
  BOOST_TEST(is(late.get().result.error(), ec::run_timeout));
  auto next = std::move(*at.submit(context::background(), 2));
  // The first worker was left to itself: its successor has the second job, and is in it.
  for (int i = 0; i < 5'000 && !second_begun; ++i)
    std::this_thread::sleep_for(1ms);
  first_goes = true;
  while (!first_returned)
    std::this_thread::yield();
  second_goes = true;
  const auto o = next.get();
  if (o.completed())
    BOOST_TEST(*o.result == 20);
  else
    BOOST_TEST(is(o.result.error(), ec::run_timeout));
}

BOOST_AUTO_TEST_CASE(after_its_task_no_worker_is_made) {
  engine on;
  std::atomic<unsigned> made{0};
  std::vector<caf::actor_addr> all;
  std::mutex mutex;
  {
    const auto work = worker_that([](int x) { return x; });
    auto task = worker_from_actor<int, int>(on,
                                            [&, work](caf::actor_system& s) {
                                              ++made;
                                              auto a = s.spawn(work);
                                              std::lock_guard guard{mutex};
                                              all.push_back(a.address());
                                              return a;
                                            },
                                            {.workers = 4, .restart = {.intensity = 1000}});
    pool<int, int> at{on, std::move(task), {.parallelism = 4, .capacity = 4}};
    auto t = std::move(*at.submit(context::background(), 1));
    BOOST_TEST(t.get().completed());
    std::lock_guard guard{mutex};
    for (const auto& a : all)
      if (const auto one = caf::actor_cast<caf::actor>(a))
        caf::anon_send_exit(one, caf::exit_reason::kill);
  }
  const auto then = made.load();
  on.system().await_all_actors_done();
  BOOST_TEST(made == then);
}

BOOST_AUTO_TEST_CASE(options_that_make_no_sense_are_refused) {
  engine on;
  const auto with = [&](const worker_options& options) {
    static_cast<void>(worker_from_actor<int, int>(
        on, [](caf::actor_system&) { return caf::actor{}; }, options));
  };
  BOOST_CHECK_THROW(with({.workers = 0}), std::invalid_argument);
  BOOST_CHECK_THROW(with({.stop_time = 0s}), std::invalid_argument);
  BOOST_CHECK_THROW(with({.restart = {.growth = 0.5}}), std::invalid_argument);
  BOOST_CHECK_THROW(with({.restart = {.backoff = 31s}}), std::invalid_argument);
  BOOST_CHECK_NO_THROW(with({.restart = {.backoff = 30s}}));
  BOOST_CHECK_NO_THROW(with({.workers = 1}));
}

BOOST_AUTO_TEST_CASE(where_no_worker_can_be_made_the_run_is_canceled) {
  engine on;
  auto task = worker_from_actor<int, int>(on, [](caf::actor_system&) { return caf::actor{}; },
                                          {.workers = 2, .restart = {.intensity = 3}});
  pool<int, int> at{on, std::move(task), {.parallelism = 2, .capacity = 2}};
  auto t = at.submit(context::background(), 1);
  if (t)
    BOOST_TEST(is(t->get().result.error(), ec::worker_lost));
}

BOOST_AUTO_TEST_SUITE_END()
