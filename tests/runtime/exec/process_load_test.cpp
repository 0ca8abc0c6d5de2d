#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "commands.hpp"

using namespace weir_test;

BOOST_AUTO_TEST_SUITE(process_load)

BOOST_AUTO_TEST_CASE(a_thousand_runs_leave_nothing_behind) {
  constexpr int runs = 1000;
  run(command({"/bin/true"}));
  const auto descriptors = entries_of("/proc/self/fd");
  const auto threads = entries_of("/proc/self/task");
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < runs; ++i)
    BOOST_REQUIRE_EQUAL(run(command({"/bin/true"})).exit_status, 0);
  const auto took = std::chrono::steady_clock::now() - before;
  BOOST_TEST_MESSAGE(std::chrono::duration_cast<std::chrono::microseconds>(took).count() / runs
                     << " us a run");
  BOOST_TEST(entries_of("/proc/self/fd") == descriptors);
  BOOST_TEST(entries_of("/proc/self/task") == threads);
  BOOST_TEST(childless());
}

BOOST_AUTO_TEST_CASE(many_threads_run_commands_and_each_gets_its_own_output) {
  constexpr int threads = 16;
  constexpr int runs = 200;
  std::atomic<int> wrong{0};
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([t, &wrong] {
      for (int i = 0; i < runs; ++i) {
        const auto text = std::to_string(t) + ':' + std::to_string(i);
        // One in five can't be started, so that starts and failed starts race for places.
        const bool fails = i % 5 == 0;
        const auto result =
            weir::run_process(weir::context::background(), command({fails ? "/missing" : "/bin/echo", text}));
        if (fails ? result.operator bool() : !result || result->out != text + '\n')
          ++wrong;
      }
    });
  for (auto& thread : all)
    thread.join();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(childless());
}

BOOST_AUTO_TEST_CASE(cancels_at_any_moment_leave_nothing_behind) {
  run(command({"/bin/true"}));
  const auto descriptors = entries_of("/proc/self/fd");
  auto spec = script("sleep 1000 & sleep 1000");
  spec.grace = std::chrono::milliseconds{50};
  for (int i = 0; i < 300; ++i) {
    const auto ctx = weir::context::with_cancel(weir::context::background());
    std::thread canceler{[&ctx, i] {
      const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds{i * 10};
      while (std::chrono::steady_clock::now() < until)
        std::this_thread::yield();
      ctx.cancel();
    }};
    const auto result = weir::run_process(ctx, spec);
    canceler.join();
    BOOST_TEST(!result);
  }
  BOOST_TEST(childless());
  BOOST_TEST(entries_of("/proc/self/fd") == descriptors);
}

BOOST_AUTO_TEST_SUITE_END()
