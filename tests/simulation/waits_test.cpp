/// Pools whose jobs wait for each other: each wait ends, with an outcome or with the cycle by name.

#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>

#include "explored.hpp"

namespace {

using weir::testing::world;

struct two_pools {
  world& w;
  weir::context ctx = weir::context::background();
  weir::engine engine{w.system()};
  std::unique_ptr<weir::pool<int, int>> a = {};
  std::unique_ptr<weir::pool<int, int>> b = {};
  unsigned deadlocks = 0;
  bool over = false;

  /// A job of depth n asks the other pool, or its own, for one of depth n - 1.
  int ask(int depth, bool in_a) {
    if (depth == 0)
      return 0;
    auto& to = w.choose(4) == 0 ? (in_a ? *a : *b) : (in_a ? *b : *a);
    const auto to_a = &to == a.get();
    auto s = to.submit(ctx, depth - 1 + (to_a ? 100 : 0));
    if (!s) {
      if (over)
        throw weir::thrown_error{s.error()};
      ++deadlocks;
      w.check(weir::is(s.error(), weir::ec::deadlock), "a job was refused for another reason than a cycle");
      throw weir::thrown_error{s.error()};
    }
    try {
      const auto o = s->get();
      return o.completed() ? *o.result + 1 : throw weir::thrown_error{o.result.error()};
    } catch (const weir::thrown_error& e) {
      deadlocks += weir::is(e.why(), weir::ec::deadlock) ? 1 : 0;
      throw;
    }
  }

  void go() {
    const auto make = [&](const char* name) {
      const auto parallelism = 1 + w.choose(2);
      return std::make_unique<weir::pool<int, int>>(
          engine, [this](const int& x) { return ask(x % 100, x >= 100); },
          weir::pool_options{.name = name, .parallelism = parallelism, .capacity = parallelism + w.choose(3)},
          ctx);
    };
    a = make("a");
    b = make("b");
    const auto depth = static_cast<int>(w.choose(4));
    const auto roomy = a->stats().parallelism + b->stats().parallelism > 3 && depth <= 1;
    auto s = a->submit(ctx, 100 + depth);
    auto t = b->submit(ctx, depth);
    const auto first = s->get();
    const auto second = t->get();
    w.check(!roomy || deadlocks == 0, "an alarm though somebody could go on");
    w.check(deadlocks > 0 || (first.completed() && second.completed()), "a job failed without a cycle");
    w.check(!first.completed() || *first.result == depth, "the result of another job");
    // Jobs that others waited for in vain may still be there.
    over = true;
    static_cast<void>(a->drain(std::chrono::seconds{1}));
    static_cast<void>(b->drain(std::chrono::seconds{1}));
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_wait_for_a_job_ends_with_its_outcome_or_with_the_cycle) {
  explored([](world& w) { two_pools{w}.go(); });
}
