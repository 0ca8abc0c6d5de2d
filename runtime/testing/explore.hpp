#pragma once

/// Tests of programs with threads that look at many of the orders in which things may happen. A body is run
/// again and again, each time with another seed; within a run it is deterministic, and takes no real time.
/// For programs that are linked with `weir::testing` instead of `weir::weir`: there all of Weir, and whatever
/// takes what it needs from `world`, runs on one thread of the system.
///
///   const auto seen = weir::testing::explore({.schedules = 10'000}, [](weir::testing::world& w) {
///     weir::engine engine{w.system()};
///     weir::pool<int, int> pool{engine, [&](int x) { w.sleep(1ms); return x * x; }, {.parallelism = 2}};
///     ...
///     w.check(sum == 30, "the sum is 30");
///   });
///   BOOST_TEST(seen.ok(), seen.text());
///
/// A run fails if a check does, if the body throws, if some thread is left that waits for ever, if it goes on
/// for ever, or if an actor is left. Then its choices are made fewer as long as it still fails, and `text`
/// tells the story of what is left.

#ifndef WEIR_SIMULATION
#error "a program that explores links weir::testing, and all of it that uses Weir is compiled for that"
#endif

#include <weir/actors/clock.hpp>
#include <weir/actors/sync.hpp>

#include <caf/actor_system.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace weir::testing {

/// One run, as its threads see it. All members are for these threads only.
class world {
public:
  explicit world(caf::actor_system& system, simulation::schedule& run) : system_(system), run_(run) {}

  /// For an engine, or for actors of the test's own.
  [[nodiscard]] caf::actor_system& system() noexcept { return system_; }

  /// A thread, called `name` in the story. To be joined, as any.
  [[nodiscard]] sync::thread spawn(std::string name, std::function<void()> body);

  /// Lets time pass, as work that takes so long does.
  void sleep(duration time);

  [[nodiscard]] time_point now() const noexcept { return run_.now(); }

  /// A number below `n`, at most 65,536, by chance. 0 should be the harmless one: a story is as short as it
  /// has many of them.
  [[nodiscard]] std::uint64_t choose(std::uint64_t n) { return run_.choose(n); }

  /// True once in `n` times, `n` from 2.
  [[nodiscard]] bool one_in(std::uint64_t n) { return run_.choose(n) == n - 1 && n > 1; }

  /// The actors that have not ended, by name, in the order of their start.
  struct running_actor {
    std::string name;
    caf::strong_actor_ptr handle;
  };
  [[nodiscard]] std::vector<running_actor> actors();

  /// From now on Weir can't start a thread, now and then; the clocks keep theirs.
  void let_threads_fail();

  /// Ends the run as failed if it is not so.
  void check(bool holds, const std::string& what);

  /// A line for the story.
  void note(const std::string& what) { run_.note(what); }
  [[nodiscard]] bool tells() const noexcept { return run_.tells(); }

private:
  void check_thread() const;

  caf::actor_system& system_;
  simulation::schedule& run_;
  std::vector<timer> clocks_kept_;
};

struct explore_options {
  std::uint64_t first_seed = 1;
  std::uint64_t schedules = 1000;
  /// Threads that handle the messages of actors.
  std::size_t message_threads = 2;
  /// A run with more steps counts as one without an end.
  std::uint64_t steps_max = 200'000;
};

struct explore_report {
  std::uint64_t schedules = 0;              ///< that were run
  std::uint64_t steps = 0;                  ///< in all of them: places where a thread could have been held up
  std::uint64_t hash = 0;                   ///< of all that happened; the same for the same seeds
  std::string failure = {};                 ///< of the first run that failed, with the choices that are left
  std::uint64_t seed = 0;                   ///< its
  std::vector<std::uint16_t> choices = {};  ///< those that are left
  std::vector<std::string> story = {};

  [[nodiscard]] bool ok() const noexcept { return failure.empty(); }

  /// The seed, what failed, and the story: for a person.
  [[nodiscard]] std::string text() const;
};

using test_body = std::function<void(world&)>;

/// Runs `body` once for each seed, up to the first that fails. Blocks. Throws std::invalid_argument if an
/// option is 0 that must not be.
[[nodiscard]] explore_report explore(const explore_options& options, const test_body& body);

/// Runs it once with just these choices.
[[nodiscard]] explore_report replay(const explore_options& options, std::vector<std::uint16_t> choices,
                                    const test_body& body);

}  // namespace weir::testing
