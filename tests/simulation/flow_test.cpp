/// Flows of any small shape: of several sources, stages and sinks.

#include <weir/runtime/flow_run.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <system_error>
#include <vector>

#include "explored.hpp"
#include "ordeal.hpp"

namespace {

using namespace std::chrono_literals;
using weir::testing::world;

/// By what a run is judged. It outlives the run: tasks that were left to themselves still use it.
struct ledger {
  bool quiet = false;  // nothing fails, and nobody disturbs
  bool over = false;   // whoever hangs lets go
  std::uint64_t items = 0;
  std::vector<std::size_t> inside = {};  // each stage
};

class numbers final : public weir::source {
public:
  numbers(world& w, std::shared_ptr<ledger> b, std::uint64_t count)
      : world_(w), books_(std::move(b)), left_(count) {}

  caf::expected<std::optional<weir::item>> next(const weir::context& ctx) override {
    if (world_.one_in(8))
      world_.sleep(3ms);
    if (!books_->quiet && world_.one_in(30))
      return weir::make_error(weir::ec::io, "unreadable");
    if (left_ == 0 || ctx.canceled())
      return std::optional<weir::item>{};
    --left_;
    const auto n = static_cast<std::int64_t>(++books_->items);
    return std::optional{weir::item{n, "item " + std::to_string(n)}};
  }

private:
  world& world_;
  std::shared_ptr<ledger> books_;
  std::uint64_t left_;
};

/// What a sink was given, kept beyond its life.
struct taken {
  std::uint64_t count = 0;
  bool busy = false;
  bool finished = false;
};

class counter final : public weir::sink {
public:
  counter(world& w, std::shared_ptr<ledger> b, std::shared_ptr<taken> to)
      : world_(w), books_(std::move(b)), to_(std::move(to)) {}

  caf::error put(const weir::completed_item& /*done*/) override {
    ++to_->count;
    return use();
  }
  caf::error put(const weir::failed_item& /*failed*/) override { return use(); }
  caf::error finish() override {
    auto e = use();
    to_->finished = true;
    return e;
  }

private:
  caf::error use() {
    world_.check(!to_->finished, "a sink is used after its end");
    world_.check(!std::exchange(to_->busy, true), "a sink is used by two threads at once");
    weir::sync::interleave();
    if (world_.one_in(6))
      world_.sleep(4ms);
    to_->busy = false;
    return !books_->quiet && world_.one_in(30) ? weir::make_error(weir::ec::io, "full") : caf::error{};
  }

  world& world_;
  std::shared_ptr<ledger> books_;
  std::shared_ptr<taken> to_;
};

caf::expected<weir::record> work(world& w, ledger& b, std::size_t stage, std::size_t parallelism,
                                 const weir::context& ctx, const weir::item& of) {
  w.check(++b.inside[stage] <= parallelism, "more jobs at once than the stage's parallelism");
  const std::shared_ptr<void> at_end{nullptr, [&](void*) { --b.inside[stage]; }};
  const auto how = w.choose(b.quiet ? 3 : 8);
  if (w.tells())
    w.note("stage " + std::to_string(stage) + " begins " + of.name + ", of kind " + std::to_string(how));
  switch (how) {
    case 1:
      w.sleep(1ms);
      break;
    case 2:
      w.sleep(20ms);
      break;
    case 3:
      return weir::make_error(weir::ec::failed, "failed");
    case 4:
      throw std::runtime_error{"thrown"};
    case 5:
      if (ctx.wait_for(100ms))
        return ctx.error();
      break;
    case 6:
      for (int i = 0; !b.over && i < 60; ++i)
        w.sleep(50ms);
      break;
    case 7:
      return weir::make_error(weir::ec::worker_lost, "lost");
    default:
      break;
  }
  return weir::record{{{"n", std::get<std::int64_t>(of.input)}}};
}

/// A plan, and what comes of it where nothing goes wrong.
struct graph {
  weir::flow_plan plan = {};
  std::vector<std::shared_ptr<taken>> sinks = {};
  std::vector<std::uint64_t> wanted = {};  // of each sink; none where jobs may go several ways
  std::uint64_t items = 0;

  graph(world& w, const std::shared_ptr<ledger>& b) {
    const auto sources = 1 + w.choose(2);
    const auto stages = 1 + w.choose(3);
    std::vector<std::uint64_t> through;
    std::vector<bool> used(sources + stages);
    for (std::size_t i = 0; i < sources; ++i) {
      through.push_back(w.choose(6));
      items += through.back();
      plan.sources.push_back(
          {"source " + std::to_string(i), std::make_unique<numbers>(w, b, through.back())});
    }
    b->inside.resize(stages);
    for (std::size_t i = 0; i < stages; ++i) {
      const auto parallelism = 1 + w.choose(2);
      weir::stage_plan s{"stage " + std::to_string(i),
                         [&w, b, i, parallelism](const weir::context& ctx, const weir::item& of) {
                           return work(w, *b, i, parallelism, ctx, of);
                         },
                         parallelism, parallelism + w.choose(2)};
      s.order = w.one_in(3) ? weir::order::completed : weir::order::input;
      s.retry.attempts = 1 + static_cast<unsigned>(w.choose(2));
      s.retry.backoff = 5ms;
      through.push_back(0);
      for (std::size_t up = 0; up < sources + i; ++up) {
        const auto is_last_chance = up + 1 == sources + i && s.from.empty();
        const auto leads_nowhere = i + 1 == stages && up < sources && !used[up];
        if (!is_last_chance && !leads_nowhere && w.choose(2) == 0)
          continue;
        s.from.push_back(up);
        used[up] = true;
        through.back() += through[up];
      }
      if (!b->quiet && i + 1 < stages)
        set_overflow(w, s, sources, i, stages);
      plan.stages.push_back(std::move(s));
    }
    for (auto up = sources; up < sources + stages; ++up)
      if (!used[up]) {
        sinks.push_back(std::make_shared<taken>());
        wanted.push_back(through[up]);
        plan.sinks.push_back({"sink", std::make_unique<counter>(w, b, sinks.back()), {up}});
      }
    for (std::size_t i = 0; i < sources; ++i)
      if (w.one_in(4)) {
        plan.sources[i].fan_out = weir::fan_out::balance;
        wanted.clear();
      }
    const std::array rules{weir::policy::collect, weir::policy::fail_fast,
                           *weir::policy::halt_rule::parse("soon,fail=2"),
                           *weir::policy::halt_rule::parse("now,done=3")};
    if (!b->quiet)
      plan.on_error = rules[w.choose(rules.size())];
    plan.name = "flow";
    plan.shutdown_budget = 400ms;
  }

private:
  /// As no stage takes from a later one, a redirect to one of these closes no cycle.
  static void set_overflow(world& w, weir::stage_plan& s, std::size_t sources, std::size_t at,
                           std::size_t stages) {
    const std::array all{weir::policy::overflow::block, weir::policy::overflow::reject,
                         weir::policy::overflow::drop_newest, weir::policy::overflow::drop_oldest,
                         weir::policy::overflow::redirect};
    s.overflow = all[w.choose(all.size())];
    if (s.overflow == weir::policy::overflow::redirect)
      s.redirect_to = sources + at + 1 + w.choose(stages - at - 1);
  }
};

void run(world& w) {
  const auto b = std::make_shared<ledger>();
  b->quiet = w.choose(3) == 0;
  weir::engine engine{w.system()};
  const auto ctx = weir::context::with_cancel(weir::context::background());
  weir::flow_control control;
  control.intake = weir::context::with_cancel(weir::context::background());
  graph g{w, b};
  if (!b->quiet && w.one_in(6))
    w.let_threads_fail();
  try {
    weir::flow_run flow{engine, ctx, std::move(g.plan), control};
    std::optional<weir::time_point> asked_to_end;
    auto disturber = w.spawn("the disturber", [&] {
      w.sleep(std::chrono::milliseconds{w.choose(40)});
      const auto how = b->quiet ? 0 : w.choose(4);
      if (how == 1 || how == 2) {
        w.note(how == 1 ? "cancels the run" : "cancels the intake");
        asked_to_end = w.now();
        (how == 1 ? ctx : control.intake).cancel("disturbed");
      } else if (how == 3) {
        ordeal::kill_an_actor(w);
      }
    });
    const auto s = flow.wait();
    const auto ended = w.now();
    disturber.join();
    w.check(!asked_to_end || ended - *asked_to_end <= 700ms, "a run that takes longer than its budget");
    w.check(s.books.balanced(), "the books do not balance");
    w.check(s.failures.size() == s.books.failed, "failures are not counted right");
    w.check(s.dropped <= s.books.canceled, "dropped jobs are not counted right");
    w.check(s.ended_by || s.source_error || s.sink_error ||
                s.books.completed + s.books.failed + s.dropped == g.items,
            "a run that ended by itself has not done all");
    for (const auto& to : g.sinks)
      w.check(to->finished || s.sink_error, "a sink was not ended, and nobody says so");
    if (b->quiet) {
      w.check(s.books == weir::policy::books{g.items, g.items, 0, g.items, 0, 0}, "not all completed");
      for (std::size_t i = 0; i < g.wanted.size(); ++i)
        w.check(g.sinks[i]->count == g.wanted[i], "a sink has not got what leads to it");
    }
  } catch (const std::system_error&) {
    w.note("no thread for it");
  }
  b->over = true;
}

}  // namespace

BOOST_AUTO_TEST_CASE(whatever_happens_to_a_flow_its_books_balance_and_its_sinks_get_what_leads_to_them) {
  explored(run);
}
