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

/// Two pools of which, at any time, only the jobs of one wait: for the outcomes of the other one's, or for
/// room there. So each wait ends by itself.
struct one_way_at_a_time {
  world& w;
  weir::context ctx = weir::context::background();
  weir::engine engine{w.system()};
  std::unique_ptr<weir::pool<int, int>> pools[2] = {};

  enum kind : int { plain, waits_for_outcome, waits_for_room };

  int run(std::size_t in, int what) {
    if (what == plain) {
      if (w.one_in(3))
        w.sleep(std::chrono::milliseconds{1});
      return 0;
    }
    auto s = pools[1 - in]->submit(ctx, plain);
    w.check(s.operator bool(), "an alarm for a wait that ends by itself");
    if (what == waits_for_outcome)
      w.check(s->get().completed(), "an alarm for a wait that ends by itself");
    return 0;
  }

  void go() {
    for (std::size_t i = 0; i < 2; ++i) {
      const auto parallelism = 1 + w.choose(2);
      pools[i] = std::make_unique<weir::pool<int, int>>(
          engine, [this, i](const int& what) { return run(i, what); },
          weir::pool_options{.parallelism = parallelism, .capacity = parallelism + w.choose(2)}, ctx);
    }
    for (int phase = 0; phase < 3; ++phase) {
      auto& from = *pools[w.choose(2)];
      std::vector<weir::ticket<int>> tickets;
      for (auto n = 1 + w.choose(4); n > 0; --n)
        tickets.push_back(
            std::move(*from.submit(ctx, w.choose(2) == 0 ? waits_for_room : waits_for_outcome)));
      for (auto& t : tickets)
        w.check(t.get().completed(), "a job failed");
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_wait_that_ends_by_itself_raises_no_alarm) {
  explored([](world& w) { one_way_at_a_time{w}.go(); });
}

BOOST_AUTO_TEST_CASE(a_wait_for_a_job_ends_with_its_outcome_or_with_the_cycle) {
  explored([](world& w) { two_pools{w}.go(); });
}
