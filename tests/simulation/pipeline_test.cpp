/// A pipeline whose stages, sinks and actors fail at any moment, with one sink or with branches.

#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <ranges>
#include <stdexcept>

#include "explored.hpp"
#include "ordeal.hpp"

namespace {

using namespace std::chrono_literals;
using weir::testing::world;

/// It outlives the run: calls that were written off still use it.
struct sight {
  bool over = false;  // whoever hangs lets go
  std::map<int, unsigned> delivered[2];
  int last[2] = {0, 0};
  std::uint64_t taken = 0;
  std::optional<weir::time_point> asked_to_end = {};
  bool hangs = false;   // some call of a stage or of a sink has
  bool killed = false;  // some actor was: then a call of the sink may have been left to itself
};

weir::stream_options some_options(world& w, bool ordered) {
  weir::stream_options o;
  o.parallelism = 1 + w.choose(2);
  o.capacity = o.parallelism + w.choose(2);
  o.retry.attempts = 1 + static_cast<unsigned>(w.choose(2));
  o.retry.backoff = 5ms;
  if (!ordered)
    o.order = weir::order::completed;
  if (w.one_in(4)) {
    o.timeouts.run = 20ms;
    o.timeouts.grace = 10ms;
  }
  return o;
}

int pass(world& w, sight& seen, int x) {
  switch (w.choose(24)) {
    case 1:
      w.sleep(3ms);
      break;
    case 2:
      w.sleep(40ms);
      break;
    case 3:
      throw std::runtime_error{"thrown"};
    case 4:
      throw weir::thrown_error{weir::make_error(weir::ec::worker_lost, "lost")};
    case 5:
      seen.hangs = true;
      for (int i = 0; !seen.over && i < 100; ++i)
        w.sleep(50ms);
      break;
    default:
      break;
  }
  return x;
}

void deliver(world& w, sight& seen, bool ordered, std::size_t to, int x) {
  w.check(!seen.over, "the sink is called after the end");
  w.check(++seen.delivered[to][x] == 1, "an item is delivered twice");
  w.check(!ordered || x > seen.last[to], "an item out of order");
  seen.last[to] = x;
  if (w.one_in(16))
    w.sleep(10ms);
  if (w.one_in(64))
    throw std::runtime_error{"the sink throws"};
  ++seen.taken;
}

void run(world& w) {
  const auto seen = std::make_shared<sight>();
  weir::engine engine{w.system()};
  const auto ctx = weir::context::with_cancel(weir::context::background());
  const auto n = 1 + static_cast<int>(w.choose(8));
  const auto ordered = w.choose(2) == 0;
  const auto branches = w.choose(3);
  const auto step = [&w, seen](int x) { return pass(w, *seen, x); };
  const auto sink = [&w, seen, ordered](std::size_t to) {
    return [&w, seen, ordered, to](int x) { deliver(w, *seen, ordered, to, x); };
  };
  weir::pipeline_options options;
  options.on_error = w.choose(2) == 0 ? weir::policy::collect : weir::policy::fail_fast;
  options.shutdown_budget = 400ms;
  if (w.one_in(4))
    w.let_threads_fail();
  auto disturber = w.spawn("the disturber", [&w, seen, ctx] {
    w.sleep(std::chrono::milliseconds{w.choose(60)});
    switch (w.choose(4)) {
      case 1:
        w.note("cancels");
        seen->asked_to_end = w.now();
        ctx.cancel("disturbed");
        break;
      case 2:
        seen->killed = true;
        ordeal::kill_an_actor(w);
        break;
      default:
        break;
    }
    // A call that hangs holds up the run until somebody gives up.
    w.sleep(2s);
    if (seen->hangs && !seen->over) {
      if (!seen->asked_to_end)
        seen->asked_to_end = w.now();
      ctx.cancel("it hangs");
    }
  });
  const auto numbers = std::views::iota(1, n + 1);
  const auto first = some_options(w, ordered);
  const auto second = some_options(w, ordered);
  const auto summary =
      branches == 0
          ? (weir::from(numbers) | weir::stage(step, first) | weir::stage(step, second) | weir::into(sink(0)))
                .run(engine, ctx, options)
      : branches == 1
          ? (weir::from(numbers) | weir::stage(step, first) |
             weir::broadcast(weir::stage(step, second) | weir::into(sink(0)), weir::into(sink(1))))
                .run(engine, ctx, options)
          : (weir::from(numbers) | weir::balance(weir::stage(step, first) | weir::into(sink(0)),
                                                 weir::stage(step, second) | weir::into(sink(1))))
                .run(engine, ctx, options);
  seen->over = true;
  // The clock may have jumped where a thread was held up.
  w.check(!seen->asked_to_end || w.now() - *seen->asked_to_end <= options.shutdown_budget + 300ms,
          "a run that takes longer than its budget");
  for (const auto& s : summary.stages)
    w.check(s.books.balanced(), "the books of a stage do not balance");
  w.check(summary.delivered == seen->taken || (seen->killed && summary.delivered < seen->taken),
          "deliveries are not counted right");
  const auto all = static_cast<std::uint64_t>(n) * (branches == 1 ? 2 : 1);
  w.check(!summary.clean() || summary.delivered == all, "an item was lost in a run that was clean");
  w.check(summary.ended_by || summary.read == static_cast<std::uint64_t>(n), "not all was read");
  w.check(summary.ended_by || branches == 1 ||
              summary.delivered + summary.failed == static_cast<std::uint64_t>(n),
          "an item has neither arrived nor failed");
  disturber.join();
}

}  // namespace

BOOST_AUTO_TEST_CASE(whatever_happens_to_a_pipeline_each_item_arrives_once_or_is_accounted_for) {
  explored(run);
}
