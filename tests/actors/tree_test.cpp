#include <weir/actors/dispatcher.hpp>
#include <weir/actors/supervisor.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <spdlog/spdlog.h>

#include "crew.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

struct system_for_tests {
  system_for_tests() : system(configure(config)) { spdlog::set_level(spdlog::level::off); }
  static caf::actor_system_config& configure(caf::actor_system_config& c) {
    c.set("scheduler.policy", caf::atom("sharing"));
    c.set("scheduler.max-threads", std::size_t{2});
    return c;
  }
  caf::actor_system_config config;
  caf::actor_system system;
};

/// A tree and what it needs. Its destructor returns only when no actor and no thread is left that was not
/// written off; so a leak hangs the test, and CTest ends it.
struct tree {
  explicit tree(const station_options& options, std::size_t parallelism, delivery deliver = {},
                std::size_t threads_max = threads::threads_max_default,
                const context& ctx = context::background())
      : at(make_station(options, ctx)), pool(threads_max) {
    tree_plan plan;
    plan.stage = at;
    plan.pool = &pool;
    plan.parallelism = parallelism;
    plan.deliver = std::move(deliver);
    end = plan.end;
    top = start_tree(actors.system, std::move(plan));
  }

  void wait() {
    std::unique_lock lock{end->mutex};
    end->changed.wait(lock, [this] { return end->reached; });
  }

  [[nodiscard]] bool over() const {
    std::lock_guard guard{end->mutex};
    return end->reached;
  }

  /// Waits until the tree stands with `n` workers; then its parts can be looked at.
  void stand(std::uint64_t n) {
    tell(top, resize_tag::value, n);
    BOOST_REQUIRE(eventually([&] { return at->look().parallelism == n; }));
  }

  supervisor_state& state() const { return state_of<supervisor_actor, supervisor_state>(top); }

  template <class Handle, class State>
  static State& state_of(const Handle& a) {
    using pointer = typename Handle::template stateful_pointer<State>;
    return dynamic_cast<pointer>(caf::actor_cast<caf::abstract_actor*>(a))->state;
  }

  std::shared_ptr<station> at;
  threads pool;
  system_for_tests actors;
  std::shared_ptr<tree_end> end;
  supervisor_actor top;
};

/// A job that does not return until it is told to.
struct stubborn {
  explicit stubborn(std::uint64_t n = 1, bool collected = false)
      : block(std::make_shared<scripted_block>(
            0, n,
            [this](std::uint64_t, lane&) {
              started.set();
              release.wait();
              return caf::error{};
            },
            collected)) {}
  event started;
  event release;
  std::shared_ptr<scripted_block> block;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tree_of_actors)

BOOST_AUTO_TEST_CASE(a_tree_ends_by_itself_when_all_is_done) {
  tree t{{.capacity = 1'000}, 2};
  offer_all(*t.at, std::make_shared<scripted_block>(0, 1'000, nothing_wrong));
  close(*t.at);
  t.wait();
  BOOST_TEST(t.at->look().books.completed == 1'000u);
  BOOST_TEST(!t.at->stopped_by().has_value());
}

BOOST_AUTO_TEST_CASE(done_closes_the_door_and_drains) {
  tree t{{.capacity = 100}, 2};
  offer_all(*t.at, std::make_shared<scripted_block>(0, 100, nothing_wrong));
  tell(t.top, done_tag::value);
  t.wait();
  BOOST_TEST(t.at->look().books.completed == 100u);
  BOOST_TEST(t.at->entrance().count().closed);
}

BOOST_AUTO_TEST_CASE(an_empty_run_ends_without_a_cause_whoever_is_first) {
  for (int i = 0; i < 200; ++i) {
    tree t{{.capacity = 10, .collected = true}, 1, [](std::vector<finished_span>&) {}};
    close(*t.at);
    t.wait();
    BOOST_REQUIRE(!t.at->stopped_by().has_value());
    BOOST_REQUIRE(!t.at->ctx().canceled());
  }
}

BOOST_AUTO_TEST_CASE(cancel_ends_what_waits_and_the_tree) {
  stubborn job{10};
  tree t{{.capacity = 100}, 1};
  offer_all(*t.at, job.block);
  job.started.wait();
  tell(t.top, cancel_tag::value, cause{ec::canceled, "signal", "SIGINT"});
  BOOST_TEST(eventually([&] { return t.at->look().books.canceled == 9; }));
  BOOST_TEST(!t.over());
  job.release.set();
  t.at->wait_for_lost_lanes();
  t.wait();
  BOOST_TEST(t.at->look().books.completed == 1u);
  BOOST_TEST(t.at->stopped_by()->who == "signal");
}

BOOST_AUTO_TEST_CASE(resize_starts_and_ends_workers) {
  tree t{{.capacity = 100}, 1};
  tell(t.top, resize_tag::value, std::uint64_t{4});
  std::latch four{4};
  const auto block = std::make_shared<scripted_block>(0, 4, [&](std::uint64_t, lane&) {
    four.arrive_and_wait();
    return caf::error{};
  });
  offer_all(*t.at, block);
  BOOST_TEST(eventually([&] { return t.at->look().books.ended() == 4; }));
  // No number is taken at its word.
  tell(t.top, resize_tag::value, std::uint64_t{0});
  BOOST_TEST(eventually([&] { return t.at->look().parallelism == 1; }));
  offer_all(*t.at, std::make_shared<scripted_block>(4, 1, nothing_wrong));
  close(*t.at);
  t.wait();
}

BOOST_AUTO_TEST_CASE(drain_cancel_and_kill_come_in_virtual_time) {
  manual_clock time;
  stubborn job{3};
  tree t{{.capacity = 100}, 1, {}, threads::threads_max_default, context::background(time)};
  offer_all(*t.at, job.block);
  job.started.wait();
  tell(t.top, stop_tag::value, duration{4s});
  BOOST_TEST(eventually([&] { return t.at->entrance().count().closed; }));
  // The phases' timers are set by the supervisor at some moment after each step.
  const auto start = time.now();
  BOOST_TEST(eventually([&] {
    time.advance(1ms);
    return t.at->stopped_by().has_value();
  }));
  BOOST_TEST((time.now() >= start + 3s));
  BOOST_TEST(t.at->stopped_by()->who == "shutdown");
  BOOST_TEST(eventually([&] {
    time.advance(1ms);
    return t.over();
  }));
  BOOST_TEST((time.now() >= start + 3s + 750ms));
  BOOST_REQUIRE(t.end->stragglers.size() == 1u);
  BOOST_TEST(t.end->stragglers[0].index == 0u);
  BOOST_TEST(t.at->look().books.balanced());
  BOOST_TEST(t.at->look().books.canceled == 3u);
  job.release.set();
  t.at->wait_for_lost_lanes();
}

BOOST_AUTO_TEST_CASE(an_uncooperative_job_costs_no_more_than_the_budget) {
  stubborn job;
  tree t{{.capacity = 100}, 2};
  offer_all(*t.at, job.block);
  job.started.wait();
  const auto begun = std::chrono::steady_clock::now();
  tell(t.top, stop_tag::value, duration{100ms});
  t.wait();
  const auto took = std::chrono::steady_clock::now() - begun;
  BOOST_TEST((took >= 75ms));
  BOOST_TEST((took < 10s));
  BOOST_TEST(t.end->stragglers.size() == 1u);
  job.release.set();
  t.at->wait_for_lost_lanes();
}

BOOST_AUTO_TEST_CASE(a_receiver_takes_what_became_of_written_off_jobs_before_the_end) {
  for (int round = 0; round < 20; ++round) {
    stubborn job{1, true};
    std::atomic<int> got{0};
    std::atomic<int> late{0};
    std::atomic<bool> over{false};
    station* where = nullptr;
    tree t{{.capacity = 100, .collected = true}, 1, [&](std::vector<finished_span>& ready) {
             for (const auto& s : ready) {
               BOOST_REQUIRE(s.in_use);
               if (over)
                 ++late;
               ++got;
               where->taken(s.jobs.size());
             }
           }};
    where = t.at.get();
    offer_all(*t.at, job.block);
    job.started.wait();
    tell(t.top, stop_tag::value, duration{40ms});
    t.wait();
    over = true;
    BOOST_TEST(got == 1);
    BOOST_TEST(late == 0);
    BOOST_TEST(t.at->at_rest());
    job.release.set();
    t.at->wait_for_lost_lanes();
  }
}

BOOST_AUTO_TEST_CASE(a_receiver_that_hangs_costs_no_more_than_the_budget_and_frees_who_waits) {
  event hangs;
  event release;
  event back;
  tree t{{.capacity = 100, .collected = true}, 1, [&](std::vector<finished_span>&) {
           hangs.set();
           release.wait();
           back.set();
         }};
  offer_all(*t.at, std::make_shared<scripted_block>(0, 5, nothing_wrong, true));
  hangs.wait();
  std::thread waiter{[&] { t.at->wait_for_rest(); }};
  tell(t.top, stop_tag::value, duration{100ms});
  t.wait();
  waiter.join();
  BOOST_TEST(t.at->look().books.balanced());
  BOOST_TEST(t.end->stragglers.empty());
  release.set();
  back.wait();
}

BOOST_AUTO_TEST_CASE(a_busy_timer_thread_does_not_delay_the_end) {
  event hangs;
  event release;
  const auto stuck = steady_clock().at(steady_clock().now(), [&] {
    hangs.set();
    release.wait();
  });
  hangs.wait();
  stubborn job;
  {
    tree t{{.capacity = 100}, 1};
    offer_all(*t.at, job.block);
    job.started.wait();
    tell(t.top, stop_tag::value, duration{50ms});
    t.wait();
    BOOST_TEST(t.end->stragglers.size() == 1u);
    job.release.set();
    t.at->wait_for_lost_lanes();
  }
  release.set();
}

BOOST_AUTO_TEST_CASE(a_second_stop_ends_at_once) {
  stubborn job;
  tree t{{.capacity = 100}, 1};
  offer_all(*t.at, job.block);
  job.started.wait();
  tell(t.top, stop_tag::value, duration{1h});
  tell(t.top, stop_tag::value, duration{0});
  t.wait();
  BOOST_TEST(t.end->stragglers.size() == 1u);
  job.release.set();
  t.at->wait_for_lost_lanes();
}

BOOST_AUTO_TEST_CASE(a_thread_that_comes_back_after_it_was_written_off_counts_again) {
  stubborn job;
  tree t{{.capacity = 100}, 1};
  offer_all(*t.at, job.block);
  job.started.wait();
  tell(t.top, stop_tag::value, duration{0});
  t.wait();
  job.release.set();
  // The destructor of the threads must wait for this work, though one thread was written off once.
  t.at->wait_for_lost_lanes();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_that_is_hurt)

BOOST_AUTO_TEST_CASE(an_exit_message_cancels_and_ends_the_tree) {
  stubborn job{5};
  tree t{{.capacity = 100}, 1};
  offer_all(*t.at, job.block);
  job.started.wait();
  caf::anon_send_exit(t.top, caf::exit_reason::user_shutdown);
  BOOST_TEST(eventually([&] { return t.at->look().books.canceled == 4; }));
  job.release.set();
  t.at->wait_for_lost_lanes();
  t.wait();
  BOOST_TEST(t.at->look().books.balanced());
  BOOST_TEST(t.at->stopped_by()->who == "exit message");
}

BOOST_AUTO_TEST_CASE(a_killed_supervisor_leaves_no_job_actor_or_thread_behind) {
  stubborn job{5};
  tree t{{.capacity = 100}, 2};
  offer_all(*t.at, job.block);
  job.started.wait();
  caf::anon_send_exit(t.top, caf::exit_reason::kill);
  t.wait();
  job.release.set();
  t.at->wait_for_lost_lanes();
  t.at->wait_for_rest();
  BOOST_TEST(t.at->look().books.balanced());
  BOOST_TEST(t.at->stopped_by()->who == "supervisor");
}

BOOST_AUTO_TEST_CASE(a_killed_dispatcher_cancels_the_run_and_the_tree_ends) {
  stubborn job{5};
  tree t{{.capacity = 100}, 1};
  t.stand(2);
  offer_all(*t.at, job.block);
  job.started.wait();
  caf::anon_send_exit(t.state().jobs_out, caf::exit_reason::kill);
  BOOST_TEST(eventually([&] { return t.at->ctx().canceled(); }));
  job.release.set();
  t.at->wait_for_lost_lanes();
  t.wait();
  BOOST_TEST(t.at->look().books.balanced());
  BOOST_TEST(t.at->stopped_by()->who == "dispatcher");
}

BOOST_AUTO_TEST_CASE(a_killed_dispatcher_does_not_make_a_hung_job_immortal) {
  stubborn job{5};
  tree t{{.capacity = 100}, 1};
  t.stand(2);
  offer_all(*t.at, job.block);
  job.started.wait();
  caf::anon_send_exit(t.state().jobs_out, caf::exit_reason::kill);
  BOOST_TEST(eventually([&] { return t.at->ctx().canceled(); }));
  tell(t.top, stop_tag::value, duration{0});
  t.wait();
  BOOST_TEST(!t.end->stragglers.empty());
  BOOST_TEST(t.at->look().books.balanced());
  // No actor is left, though the job still runs.
  t.actors.system.await_all_actors_done();
  job.release.set();
  t.at->wait_for_lost_lanes();
}

BOOST_AUTO_TEST_CASE(a_killed_collector_cancels_the_run_and_nobody_waits_for_ever) {
  event hangs;
  event release;
  event back;
  tree t{{.capacity = 100, .collected = true}, 1, [&](std::vector<finished_span>&) {
           hangs.set();
           release.wait();
           back.set();
         }};
  t.stand(2);
  offer_all(*t.at, std::make_shared<scripted_block>(0, 5, nothing_wrong, true));
  hangs.wait();
  caf::anon_send_exit(t.state().outcomes_in, caf::exit_reason::kill);
  t.at->wait_for_rest();
  t.wait();
  BOOST_TEST(t.at->look().books.balanced());
  BOOST_TEST(t.at->stopped_by()->who == "collector");
  release.set();
  back.wait();
}

BOOST_AUTO_TEST_CASE(a_killed_worker_leaves_as_many_lanes_as_before) {
  tree t{{.capacity = 100}, 1};
  t.stand(2);
  auto& jobs_out = tree::state_of<dispatcher_actor, dispatcher_state>(t.state().jobs_out);
  BOOST_TEST(eventually([&] { return t.at->look().idle == 2; }));
  const auto victim = jobs_out.workers.front();
  caf::anon_send_exit(victim, caf::exit_reason::kill);
  caf::scoped_actor self{t.actors.system};
  self->wait_for(victim);
  std::latch two{2};
  offer_all(*t.at, std::make_shared<scripted_block>(0, 2, [&](std::uint64_t, lane&) {
    two.arrive_and_wait();
    return caf::error{};
  }));
  close(*t.at);
  t.wait();
  BOOST_TEST(t.at->look().books.completed == 2u);
}

BOOST_AUTO_TEST_CASE(a_worker_that_finds_no_thread_is_started_when_there_is_one) {
  manual_clock time;
  tree t{{.capacity = 100}, 1, {}, 2, context::background(time)};
  event release;
  // Somebody else has one of the two threads.
  BOOST_REQUIRE(eventually([&] { return t.at->look().idle == 1; }));
  BOOST_REQUIRE(!t.pool.run([&] {
    release.wait();
    return false;
  }));
  tell(t.top, resize_tag::value, std::uint64_t{2});
  release.set();
  std::latch two{2};
  offer_all(*t.at, std::make_shared<scripted_block>(0, 2, [&](std::uint64_t, lane&) {
    two.arrive_and_wait();
    return caf::error{};
  }));
  BOOST_TEST(eventually([&] {
    time.advance(100ms);
    return t.at->look().books.ended() == 2;
  }));
  close(*t.at);
  t.wait();
}

BOOST_AUTO_TEST_CASE(with_no_thread_at_all_the_run_is_canceled_with_the_reason) {
  tree t{{.capacity = 100}, 1, {}, 0};
  offer_all(*t.at, std::make_shared<scripted_block>(0, 5, nothing_wrong));
  t.wait();
  BOOST_TEST(t.at->look().books.canceled == 5u);
  BOOST_TEST(is(t.at->ctx().error(), ec::overloaded));
  BOOST_TEST(t.at->stopped_by()->who == "worker");
}

BOOST_AUTO_TEST_CASE(without_a_thread_for_the_receiver_nothing_waits_for_ever) {
  tree t{{.capacity = 100, .collected = true}, 1, [](std::vector<finished_span>&) {}, 0};
  offer_all(*t.at, std::make_shared<scripted_block>(0, 5, nothing_wrong, true));
  t.at->wait_for_rest();
  t.wait();
  BOOST_TEST(t.at->look().books.balanced());
}

BOOST_AUTO_TEST_SUITE_END()
