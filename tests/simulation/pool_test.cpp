/// A pool under whatever may happen to it: bursts over its capacity, jobs that fail, throw, hang and go on
/// for too long, cancels, drains, resizes, killed actors, at any moment and in any order.

#include <weir/runtime/testing/explore.hpp>
#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>

#include "explored.hpp"

using namespace std::chrono_literals;
using weir::testing::world;

namespace {

using pool_type = weir::pool<int, int>;

/// What a run is judged by. It outlives the pool: jobs that were written off still use it.
struct ledger {
  struct job {
    unsigned starts = 0;
    unsigned inside = 0;
  };
  std::map<int, job> jobs;
  std::size_t inside = 0;
  std::size_t parallelism_max = 0;
  std::size_t starts_after_cancel = 0;
  unsigned attempts_max = 1;
  bool canceled = false;
  bool over = false;
  std::uint64_t offered = 0;
  std::uint64_t admitted = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t canceled_jobs = 0;
};

struct run_of_a_pool {
  world& w;
  std::shared_ptr<ledger> books = std::make_shared<ledger>();
  weir::context root = weir::context::with_cancel(weir::context::background());
  weir::engine engine{w.system()};
  std::unique_ptr<pool_type> pool = {};

  weir::pool_options options() {
    weir::pool_options o;
    o.parallelism = 1 + w.choose(3);
    o.capacity = o.parallelism + w.choose(3);
    const std::array rules{weir::policy::collect, weir::policy::fail_fast,
                           *weir::policy::halt_rule::parse("soon,fail=2"),
                           *weir::policy::halt_rule::parse("now,done=3")};
    o.on_error = rules[w.choose(rules.size())];
    o.shutdown_budget = 400ms;
    o.retry.attempts = 1 + static_cast<unsigned>(w.choose(3));
    o.retry.backoff = 10ms;
    o.retry.jitter = 0;
    if (w.one_in(3)) {
      o.timeouts.run = 30ms;
      o.timeouts.grace = 20ms;
      o.timeouts.abandoned_max = 1 + w.choose(2);
    }
    if (w.one_in(4))
      o.timeouts.queue = 25ms;
    books->parallelism_max = o.parallelism;
    books->attempts_max = o.retry.attempts;
    return o;
  }

  static int work(world& w, ledger& b, pool_type* pool, const weir::context& ctx, int x) {
    auto& job = b.jobs[x];
    if (w.note_wanted())
      w.note("job " + std::to_string(x) + " starts");
    w.check(++job.starts <= b.attempts_max, "more attempts of a job than allowed");
    w.check(++job.inside == 1, "two attempts of a job at once");
    ++b.inside;
    w.check(!b.canceled || ++b.starts_after_cancel <= b.parallelism_max, "a job starts after a cancel");
    const auto excess = b.inside > b.parallelism_max ? b.inside - b.parallelism_max : 0;
    w.check(excess == 0 || excess <= pool->stats().abandoned, "more jobs at once than the parallelism");
    struct leave {
      ledger& books;
      ledger::job& own;
      ~leave() { --books.inside, --own.inside; }
    } const at_end{b, job};
    switch (w.choose(8)) {
      case 1:
        w.sleep(1ms);
        break;
      case 2:
        w.sleep(15ms);
        break;
      case 3:
        throw std::runtime_error{"thrown"};
      case 4:
        throw weir::thrown_error{weir::make_error(weir::ec::failed, "failed")};
      case 5:
        if (ctx.wait_for(100ms))
          throw weir::thrown_error{ctx.error()};
        break;
      case 6:
        w.sleep(70ms);
        break;
      case 7:
        for (int i = 0; !b.over && i < 1000; ++i)
          w.sleep(50ms);
        break;
      default:
        break;
    }
    return x * x;
  }

  void start() {
    const auto o = options();
    // The pointer is set before the first job.
    pool = std::make_unique<pool_type>(
        engine,
        [&w = w, b = books, &pool = pool](const weir::context& ctx, const int& x) {
          return work(w, *b, pool.get(), ctx, x);
        },
        o, root);
  }

  void take(weir::ticket<int> t, int x) {
    const auto o = t.get();
    switch (o.kind) {
      case weir::outcome_kind::completed:
        ++books->completed;
        w.check(*o.result == x * x, "the result of another job");
        w.check(books->jobs[x].starts > 0, "completed without a start");
        break;
      case weir::outcome_kind::failed:
        ++books->failed;
        break;
      case weir::outcome_kind::canceled:
        ++books->canceled_jobs;
        break;
    }
  }

  void submit(int first, int count) {
    std::vector<std::pair<weir::ticket<int>, int>> mine;
    for (int x = first; x < first + count; ++x) {
      ++books->offered;
      auto s = w.one_in(3) ? pool->try_submit(x) : pool->submit(root, x);
      if (!s) {
        w.check(s.job() == x, "another job came back");
        continue;
      }
      ++books->admitted;
      mine.emplace_back(std::move(*s), x);
      if (w.one_in(4))
        w.sleep(5ms);
    }
    for (auto& [t, x] : mine)
      take(std::move(t), x);
  }

  void disturb() {
    for (int i = 0; i < 3; ++i) {
      w.sleep(std::chrono::milliseconds{w.choose(40)});
      switch (w.choose(6)) {
        case 1:
          w.note("cancels the pool");
          pool->cancel("disturbed");
          books->canceled = true;
          break;
        case 2: {
          const auto p = 1 + w.choose(4);
          w.note("resizes to " + std::to_string(p));
          books->parallelism_max = std::max<std::size_t>(books->parallelism_max, p);
          static_cast<void>(pool->resize(p, p + w.choose(3)));
          break;
        }
        case 3:
          w.note("drains");
          static_cast<void>(pool->drain(std::chrono::milliseconds{w.choose(3) * 60}));
          break;
        case 4: {
          auto all = w.actors();
          std::erase_if(all, [](const auto& a) { return a.name.rfind("weir.", 0) != 0; });
          if (all.empty())
            break;
          const auto& one = all[w.choose(all.size())];
          w.note("kills " + one.name);
          caf::anon_send_exit(caf::actor_cast<caf::actor>(one.handle), caf::exit_reason::kill);
          break;
        }
        case 5:
          pool->close();
          break;
        default:
          break;
      }
    }
  }

  void go() {
    start();
    auto a = w.spawn("submitter a", [&] { submit(1, 5); });
    auto b = w.spawn("submitter b", [&] { submit(11, 3); });
    auto c = w.spawn("the disturber", [&] { disturb(); });
    a.join();
    b.join();
    c.join();
    const auto report = pool->drain(weir::duration{500ms});
    const auto& f = report.books;
    w.check(f.balanced(), "the books do not balance");
    w.check(f.offered == books->offered && f.admitted == books->admitted, "offers are not counted right");
    w.check(
        f.completed == books->completed && f.failed == books->failed && f.canceled == books->canceled_jobs,
        "outcomes are not counted right: the books have " + std::to_string(f.completed) + ", " +
            std::to_string(f.failed) + ", " + std::to_string(f.canceled) + ", the tickets " +
            std::to_string(books->completed) + ", " + std::to_string(books->failed) + ", " +
            std::to_string(books->canceled_jobs));
    books->over = true;
    pool = nullptr;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(whatever_happens_to_a_pool_each_job_has_one_outcome) {
  explored({}, [](world& w) { run_of_a_pool{w}.go(); });
}
