/// A pool whose workers are actors that may end at any moment.

#include <weir/runtime/testing/explore.hpp>
#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/response_promise.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include "explored.hpp"

using namespace std::chrono_literals;
using weir::testing::world;

namespace {

struct tally {
  std::map<int, unsigned> begun;
  std::map<int, unsigned> ended;
  bool kept = false;  // some worker has a job that it will never answer
};

/// Squares numbers; fails, throws, goes away and never answers by chance.
caf::behavior squares(caf::event_based_actor* self, world* w, const std::shared_ptr<tally>& count) {
  weir::watch(self, [](const caf::actor_addr&, const caf::error&) {});
  const auto kept = std::make_shared<std::vector<caf::response_promise>>();
  return {[=](int x) -> caf::result<int> {
    ++count->begun[x];
    switch (w->choose(9)) {
      case 1:
        w->sleep(1ms);
        break;
      case 2:
        w->note("the worker quits with job " + std::to_string(x));
        self->quit(caf::exit_reason::unhandled_exception);
        break;
      case 3:
        throw std::runtime_error{"thrown"};
      case 4:
        return weir::make_error(weir::ec::failed, "it fails");
      case 5:
        w->sleep(20ms);
        break;
      case 6:
        w->note("the worker keeps job " + std::to_string(x));
        count->kept = true;
        kept->push_back(self->make_response_promise());
        return kept->back();
      default:
        break;
    }
    ++count->ended[x];
    return x * x;
  }};
}

void kill_some(world& w, int times) {
  for (int i = 0; i < times; ++i) {
    w.sleep(std::chrono::milliseconds{w.choose(10)});
    auto all = w.actors();
    const auto also_their_supervisor = w.one_in(8);
    std::erase_if(all, [&](const auto& a) {
      return a.name != "weir.worker_seat" && a.name != "user.event-based-actor" &&
             !(also_their_supervisor && a.name == "weir.child_supervisor");
    });
    if (all.empty() || w.choose(2) == 0)
      continue;
    const auto& one = all[w.choose(all.size())];
    w.note("kills " + one.name);
    caf::anon_send_exit(caf::actor_cast<caf::actor>(one.handle), caf::exit_reason::kill);
  }
}

void run(world& w) {
  weir::engine engine{w.system()};
  const auto ctx = weir::context::with_cancel(weir::context::background());
  const auto count = std::make_shared<tally>();
  weir::pool_options options;
  options.parallelism = 1 + w.choose(3);
  options.capacity = options.parallelism + 2;
  options.retry.losses = 1 + static_cast<unsigned>(w.choose(4));
  if (w.one_in(3))
    options.timeouts.run = 10ms;
  weir::worker_options workers;
  workers.workers = options.parallelism;
  workers.restart.intensity = w.one_in(3) ? 2 : 1000;
  workers.restart.backoff = std::chrono::milliseconds{w.choose(3)};
  workers.stop_time = std::chrono::milliseconds{w.choose(2) == 0 ? 5 : 100};
  workers.abandoned_max = w.choose(2);
  {
    weir::pool<int, int> pool{
        engine,
        weir::worker_from_actor<int, int>(
            engine, [&w, count](caf::actor_system& s) { return s.spawn(squares, &w, count); }, workers),
        options, ctx};
    auto killer = w.spawn("the killer", [&] { kill_some(w, 4); });
    auto canceler = w.spawn("the canceler", [&] {
      w.sleep(std::chrono::milliseconds{w.choose(30)});
      const auto early = w.one_in(4);
      if (!early)
        w.sleep(10s);
      if (!early && !count->kept)
        return;
      w.note("cancels");
      ctx.cancel("disturbed");
    });
    std::vector<std::pair<weir::ticket<int>, int>> tickets;
    for (int x = 1; x <= 6; ++x) {
      auto s = pool.submit(ctx, x);
      w.check(s || ctx.canceled() || weir::is(s.error(), weir::ec::worker_lost),
              "a job was refused though there are workers");
      if (s)
        tickets.emplace_back(std::move(*s), x);
    }
    weir::policy::books seen;
    for (auto& [t, x] : tickets) {
      const auto o = t.get();
      ++(o.completed() ? seen.completed : o.kind == weir::outcome_kind::failed ? seen.failed : seen.canceled);
      w.check(o.kind != weir::outcome_kind::failed || !weir::is(o.result.error(), weir::ec::worker_lost),
              "a job failed that should have run elsewhere");
      w.check(!o.completed() || (*o.result == x * x && count->ended[x] > 0), "a result that nobody has made");
      w.check(count->begun[x] <= std::max(o.attempt, 1u), "more executions than attempts");
      if (!o.completed() && weir::is(o.result.error(), weir::ec::quarantined))
        w.check(o.attempt >= options.retry.losses, "quarantined too early");
    }
    killer.join();
    canceler.join();
    const auto books = pool.drain(weir::duration{1s}).books;
    w.check(books.balanced() && books.completed == seen.completed && books.failed == seen.failed &&
                books.canceled == seen.canceled,
            "the books do not balance");
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(jobs_of_workers_that_end_at_any_moment_run_elsewhere_and_have_one_outcome) {
  explored(run);
}
