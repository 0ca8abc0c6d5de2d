#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>

#include "explored.hpp"
#include "ordeal.hpp"

namespace {

using namespace std::chrono_literals;
using weir::testing::world;
using pool_type = weir::pool<int, int>;

void submit(world& w, ordeal::ledger& b, pool_type& pool, const weir::context& ctx, int first, int count) {
  std::vector<std::pair<weir::ticket<int>, int>> mine;
  for (int x = first; x < first + count; ++x) {
    ++b.offered;
    auto s = w.one_in(3) ? pool.try_submit(x) : pool.submit(ctx, x);
    if (!s) {
      w.check(s.job() == x, "another job came back");
      ordeal::refuse(b, x);
      continue;
    }
    ++b.admitted;
    mine.emplace_back(std::move(*s), x);
    if (w.one_in(4))
      w.sleep(5ms);
  }
  for (auto& [t, x] : mine)
    ordeal::count(w, b, t.get(), x);
}

void run(world& w) {
  const auto b = std::make_shared<ordeal::ledger>();
  const auto ctx = ordeal::surroundings(w, b);
  weir::engine engine{w.system()};
  std::unique_ptr<pool_type> pool;
  const auto work = [&w, b, &pool](const weir::context& job_ctx, const int& x) {
    return ordeal::work(
        w, *b, [&] { return pool->stats(); }, job_ctx, x);
  };
  const auto options = ordeal::options<weir::pool_options>(w, *b);
  if (w.one_in(3)) {
    // Each has jobs of one submitter only: the order of theirs is known.
    b->key_of = [](int x) { return x / 10 * 10 + x % 2; };
    pool = std::make_unique<pool_type>(engine, weir::keyed(b->key_of, work), options, ctx);
  } else {
    pool = std::make_unique<pool_type>(engine, work, options, ctx);
  }
  auto one = w.spawn("submitter a", [&] { submit(w, *b, *pool, ctx, 1, 5); });
  auto other = w.spawn("submitter b", [&] { submit(w, *b, *pool, ctx, 11, 3); });
  auto third = w.spawn("the disturber", [&] { ordeal::disturb(w, *b, *pool, ctx); });
  one.join();
  other.join();
  third.join();
  ordeal::settle(w, *b, pool->drain(500ms).books);
  b->over = true;
  pool = nullptr;
}

}  // namespace

BOOST_AUTO_TEST_CASE(whatever_happens_to_a_pool_each_job_has_one_outcome) {
  explored(run);
}

BOOST_AUTO_TEST_CASE(a_drain_cancels_in_time_those_that_listen_and_writes_off_nobody) {
  explored([](world& w) {
    weir::engine engine{w.system()};
    pool_type pool{engine,
                   [](const weir::context& ctx, int x) {
                     if (ctx.wait_for(20s))
                       throw weir::thrown_error{ctx.error()};
                     return x;
                   },
                   {.parallelism = 1 + w.choose(2), .capacity = 4}};
    std::vector<weir::ticket<int>> tickets;
    for (int x = 0; x < 3; ++x)
      tickets.push_back(std::move(*pool.submit(weir::context::background(), x)));
    w.sleep(std::chrono::milliseconds{w.choose(20)});
    const auto begin = w.now();
    // A fourth of it is for the cancel, which is more than threads are held up.
    const auto report = pool.drain(4s);
    w.check(report.stragglers.empty(), "a job that listens was written off");
    w.check(w.now() - begin <= 4s, "a drain that takes longer than its budget");
    for (auto& t : tickets)
      w.check(t.get().kind == weir::outcome_kind::canceled, "a job went on");
  });
}

BOOST_AUTO_TEST_CASE(a_pool_may_go_while_a_cancel_and_a_retry_that_falls_due_are_on_their_way) {
  explored([](world& w) {
    weir::engine engine{w.system()};
    const auto ctx = weir::context::with_cancel(weir::context::background());
    auto disturber = w.spawn("the disturber", [&w, ctx] {
      w.sleep(5ms);
      ctx.cancel("disturbed");
    });
    {
      weir::pool_options options{.parallelism = 1, .capacity = 1};
      options.retry = {.attempts = 2, .backoff = 5ms, .jitter = 0};
      pool_type pool{engine,
                     [](int) -> caf::expected<int> { return weir::make_error(weir::ec::failed, "never"); },
                     options, ctx};
      if (auto ticket = pool.try_submit(0))
        w.check(!ticket->get().completed(), "what always fails has completed");
    }
    disturber.join();
  });
}

BOOST_AUTO_TEST_CASE(who_comes_as_the_last_lane_falls_asleep_is_served) {
  explored([](world& w) {
    weir::engine engine{w.system()};
    // Short jobs gather into blocks, and lanes take naps between them.
    const auto a_little = [&w] {
      if (w.choose(2) != 0)
        w.sleep(std::chrono::microseconds{w.choose(60)});
    };
    std::map<int, unsigned> runs;
    const auto work = [&](int x) {
      w.check(++runs[x] == 1, "a job runs twice");
      a_little();
      return x;
    };
    pool_type pool{engine, work, {.parallelism = 1 + w.choose(3), .capacity = 64}};
    const auto submit_some = [&](int first) {
      std::vector<weir::ticket<int>> mine;
      for (int x = first; x < first + 4; ++x) {
        mine.push_back(std::move(*pool.submit(weir::context::background(), x)));
        a_little();
      }
      for (auto& t : mine)
        w.check(t.get().completed(), "a job has not completed");
    };
    auto one = w.spawn("submitter a", [&] { submit_some(0); });
    auto other = w.spawn("submitter b", [&] { submit_some(10); });
    one.join();
    other.join();
  });
}
