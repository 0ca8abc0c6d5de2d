#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <ranges>
#include <sstream>
#include <string>
#include <thread>

#include <sched.h>
#include <unistd.h>

#include "../support/quiet_time.hpp"
#include "../support/resident.hpp"
#include "embedding_support.hpp"

using namespace weir;
using namespace weir::testing;

namespace {

std::size_t entries_of(const char* folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{folder}, {}));
}

std::string text_of_file(const std::string& path) {
  std::ifstream in{path};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// What a process must not lose bit by bit.
struct footprint {
  std::size_t descriptors = entries_of("/proc/self/fd");
  std::size_t threads = entries_of("/proc/self/task");
  std::string children = text_of_file("/proc/self/task/" + std::to_string(getpid()) + "/children");
  double resident_mib = test::resident_mib();
};

/// The thread of the clock, and any that the kernel has not yet taken off its list, go by themselves.
footprint settled(const footprint& before) {
  const auto until = steady_clock().now() + hopeless;
  while (entries_of("/proc/self/task") > before.threads && steady_clock().now() < until)
    std::this_thread::yield();
  return {};
}

/// One life of an engine with everything that it offers at work.
void live_and_die() {
  engine on;
  const auto ctx = context::with_timeout(context::background(), hopeless);
  const auto twice = [](int i) { return 2 * i; };
  BOOST_REQUIRE(
      static_cast<bool>(parallel_map(on, ctx, std::views::iota(0, 100), twice, {.parallelism = 2})));
  pool<int, int> p{on, twice, {.parallelism = 2, .capacity = 16}, ctx};
  for (int i = 0; i < 16; ++i)
    BOOST_REQUIRE(static_cast<bool>(p.submit(ctx, i)));
  std::uint64_t received = 0;
  {
    stream<int, int> s{
        on, twice, {.parallelism = 2, .capacity = 16}, [&](outcome<int>&) { ++received; }, ctx};
    for (int i = 0; i < 16; ++i)
      BOOST_REQUIRE(static_cast<bool>(s.submit(ctx, i)));
    s.close();
    s.wait();
  }
  BOOST_REQUIRE_EQUAL(received, 16u);
  BOOST_REQUIRE(p.drain(hopeless).clean());
}

void live_and_die(int times) {
  for (int i = 0; i < 20; ++i)
    live_and_die();
  const footprint before;
  for (int i = 0; i < times; ++i)
    live_and_die();
  const auto after = settled(before);
  std::cout << times << " engines: " << before.resident_mib << " MiB before, " << after.resident_mib
            << " KiB after\n";
  BOOST_TEST(after.descriptors == before.descriptors);
  BOOST_TEST(after.threads <= before.threads);
  BOOST_TEST(after.children == before.children);
#ifndef __SANITIZE_ADDRESS__  // it keeps freed memory back on purpose
  BOOST_TEST(after.resident_mib < before.resident_mib + 4);
#endif
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engines)

BOOST_AUTO_TEST_CASE(an_engine_runs_on_the_applications_actor_system) {
  caf::actor_system_config config;
  config.set("scheduler.max-threads", std::size_t{2});
  caf::actor_system system{config};
  {
    engine on{system};
    BOOST_TEST(&on.system() == &system);
    const auto ctx = context::background();
    const auto squares = parallel_map(on, ctx, std::views::iota(0, 100), [](int i) { return i * i; });
    BOOST_REQUIRE(squares);
    BOOST_TEST((*squares)[9] == 81);
    // An actor of the application's talks to the pool's supervisor.
    pool<int, int> p{on, [](int i) { return i; }, {.parallelism = 1, .capacity = 4}};
    auto running = p.try_submit(1);
    BOOST_TEST(running->get().completed());
    caf::anon_send(p.supervisor(), cancel_tag::value, cause{ec::canceled, "an actor", "no more"});
    auto refused = p.submit(ctx, 2);
    while (refused) {
      static_cast<void>(refused->get());
      refused = p.submit(ctx, 2);
    }
    BOOST_TEST(text_of(refused.error()) == "no more (an actor)");
  }
  // The system is still the application's.
  gate ran;
  system.spawn([&](caf::event_based_actor*) { ran.open(); });
  ran.wait();
}

BOOST_AUTO_TEST_CASE(an_actor_that_maps_on_the_only_thread_for_messages_is_not_held_up_for_ever) {
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", std::size_t{1});
  caf::actor_system system{config};
  engine on{system};
  // The actors of its calls can't end before it returns, so that it gets ahead of them.
  constexpr auto calls = static_cast<int>(engine::ending_max) + 3;
  gate done;
  std::atomic<int> right{0};
  system.spawn([&](caf::event_based_actor*) {
    for (int i = 0; i < calls; ++i) {
      const auto doubled =
          parallel_map(on, context::background(), std::views::iota(0, 3), [](int n) { return 2 * n; });
      right += doubled && (*doubled)[2] == 4 ? 1 : 0;
    }
    done.open();
  });
  done.wait();
  BOOST_TEST(right == calls);
}

BOOST_AUTO_TEST_CASE(jobs_that_block_do_not_hold_up_messages) {
  engine on{{.message_threads = 1}};
  gate hold;
  pool<int, int> p{on, [&](int i) { return hold.wait(), i; }, {.parallelism = 8, .capacity = 8}};
  for (int i = 0; i < 8; ++i)
    BOOST_REQUIRE(static_cast<bool>(p.try_submit(i)));
  hold.wait_for_arrivals(8);
  const auto sum = parallel_map(on, context::background(), std::views::iota(0, 10), [](int i) { return i; },
                                {.parallelism = 2});
  BOOST_TEST(static_cast<bool>(sum));
  hold.open();
}

BOOST_AUTO_TEST_CASE(an_engine_without_work_sleeps) {
  engine on;
  pool<int, int> p{on, [](int i) { return i; }, {.parallelism = 2, .capacity = 64}};
  stream<int, int> s{on, [](int i) { return i; }, {.parallelism = 2, .capacity = 64}, [](outcome<int>&) {}};
  const auto ctx = context::background();
  for (int i = 0; i < 1'000; ++i) {
    BOOST_REQUIRE(static_cast<bool>(p.submit(ctx, i)));
    BOOST_REQUIRE(static_cast<bool>(s.submit(ctx, i)));
  }
  while (p.stats().idle < p.stats().parallelism || s.stats().idle < s.stats().parallelism)
    std::this_thread::yield();
  const weir_test::quiet_time seen;
  // Each of the four lanes may have one look left. By default the threads of CAF's scheduler look for work
  // each 10 ms: each of them would wake up ten times.
  BOOST_TEST(seen.sleeps < 8u);
  BOOST_TEST((seen.processor < weir_test::quiet_time::span / 5));
}

BOOST_AUTO_TEST_CASE(wrong_options_are_refused_by_the_constructor) {
  BOOST_CHECK_THROW(engine{engine_options{.message_threads = 0}}, std::invalid_argument);
  BOOST_CHECK_THROW(engine{engine_options{.message_threads = message_threads_max + 1}},
                    std::invalid_argument);
  BOOST_TEST(is(engine_options{.message_threads = 0}.validate(), ec::invalid_option));
  BOOST_TEST(!engine_options{.message_threads = 1}.validate());
}

BOOST_AUTO_TEST_CASE(an_engine_waits_for_the_end_of_what_runs_on_it) {
  gate hold;
  std::atomic<bool> ended{false};
  std::unique_ptr<pool<int, int>> p;
  std::jthread owner;
  {
    engine on;
    p = std::make_unique<pool<int, int>>(
        on, [&](int i) { return hold.wait(), i; }, pool_options{.parallelism = 1, .capacity = 1});
    auto t = p->try_submit(1);
    hold.wait_for_arrivals(1);
    owner = std::jthread{[&] {
      static_cast<void>(p->drain(hopeless));
      ended = true;
    }};
    hold.open();
  }
  owner.join();
  BOOST_TEST(ended);
}

BOOST_AUTO_TEST_CASE(the_default_parallelism_is_the_number_of_cpus_this_process_may_use) {
  cpu_set_t before;
  BOOST_REQUIRE_EQUAL(sched_getaffinity(0, sizeof before, &before), 0);
  BOOST_TEST(default_parallelism() == static_cast<std::size_t>(CPU_COUNT(&before)));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &before)) {
      CPU_SET(cpu, &one);
      break;
    }
  BOOST_REQUIRE_EQUAL(sched_setaffinity(0, sizeof one, &one), 0);
  BOOST_TEST(default_parallelism() == 1u);
  BOOST_REQUIRE_EQUAL(sched_setaffinity(0, sizeof before, &before), 0);
}

BOOST_AUTO_TEST_CASE(a_hundred_engines_leave_nothing_behind) {
  live_and_die(100);
}

BOOST_AUTO_TEST_CASE(an_engine_has_no_network_and_none_of_caf_s_own_defaults) {
  const auto sockets = [] {
    namespace fs = std::filesystem;
    const auto is_socket = [](const fs::directory_entry& e) {
      std::error_code gone;
      return fs::read_symlink(e.path(), gone).string().rfind("socket:", 0) == 0;
    };
    return std::count_if(fs::directory_iterator{"/proc/self/fd"}, {}, is_socket);
  };
  const auto before = sockets();
  engine on{{.message_threads = 2}};
  BOOST_TEST(!on.system().has_middleman());
  BOOST_TEST(sockets() == before);
  const auto& config = on.system().config();
  BOOST_TEST((caf::get<caf::atom_value>(config, "scheduler.policy") == caf::atom("sharing")));
  BOOST_TEST(caf::get<std::size_t>(config, "scheduler.max-threads") == 2u);
  BOOST_TEST(caf::get<std::size_t>(config, "scheduler.max-throughput") == 100u);
}

BOOST_AUTO_TEST_CASE(a_thousand_engines_leave_nothing_behind,
                     *boost::unit_test::label("soak") * boost::unit_test::disabled()) {
  live_and_die(1'000);
}

BOOST_AUTO_TEST_SUITE_END()
