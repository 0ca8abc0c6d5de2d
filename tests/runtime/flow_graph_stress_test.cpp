#include <weir/runtime/flow_graph.hpp>
#include <weir/runtime/flow_run.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "../policy/random.hpp"
#include "flow_support.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

/// What the stages of a random flow may do.
struct allowed {
  bool failures = false;
  bool overflows = false;
};

/// A small flow of any shape, and where its outcomes came.
struct random_flow {
  flow_plan plan;
  std::vector<std::shared_ptr<written>> outs;
  std::uint64_t items = 0;
  bool broadcasts_only = true;

  random_flow(seeded& random, const allowed& may) {
    plan.name = "random";
    for (auto n = random.between(1, 3); n > 0; --n) {
      const auto count = random.below(60);
      items += count;
      plan.sources.push_back(
          {"source", std::make_unique<numbers>(static_cast<std::int64_t>(count)), any_fan_out(random)});
    }
    const auto sources = plan.sources.size();
    const auto stages = random.between(1, 6);
    std::vector<bool> used(sources + stages, false);
    for (std::size_t i = 0; i < stages; ++i) {
      auto s = stage("stage " + std::to_string(i), any_task(random, may.failures), random.between(1, 3),
                     random.between(3, 8));
      s.order = static_cast<order>(random.below(3));
      s.fan_out = any_fan_out(random);
      for (std::size_t up = 0; up < sources + i; ++up)
        if (random.one_in(2) || (up + 1 == sources + i && s.from.empty()))
          s.from.push_back(up);
      for (const auto up : s.from)
        used[up] = true;
      if (may.overflows)
        set_overflow(random, s, i, stages);
      plan.stages.push_back(std::move(s));
    }
    // The last stage takes what leads nowhere of the sources; the sinks what leads nowhere of the stages.
    for (std::size_t up = 0; up < sources; ++up)
      if (!used[up])
        plan.stages.back().from.push_back(up);
    for (auto up = sources; up < sources + stages; ++up)
      if (!used[up])
        add_sink({up});
    // Further sinks, where there is no stage that balances.
    for (auto up = sources; up < sources + stages; ++up)
      if (plan.stages[up - sources].fan_out == fan_out::broadcast && random.one_in(4))
        add_sink({up});
    for (const auto& s : plan.sources)
      broadcasts_only = broadcasts_only && s.fan_out == fan_out::broadcast;
    for (const auto& s : plan.stages)
      broadcasts_only = broadcasts_only && s.fan_out == fan_out::broadcast;
  }

  static fan_out any_fan_out(seeded& random) {
    return random.one_in(3) ? fan_out::balance : fan_out::broadcast;
  }

  /// As no stage takes from a later one, a redirect to any of these closes no cycle.
  void set_overflow(seeded& random, stage_plan& s, std::size_t i, std::size_t stages) const {
    s.overflow =
        random.one_in(3) ? policy::overflow::redirect : static_cast<policy::overflow>(random.below(4));
    if (s.overflow != policy::overflow::redirect)
      return;
    if (i + 1 == stages)
      s.overflow = policy::overflow::block;
    else
      s.redirect_to = plan.sources.size() + random.between(i + 1, stages - 1);
  }

  static task_function any_task(seeded& random, bool may_fail) {
    const auto every = may_fail ? static_cast<std::int64_t>(random.between(2, 30)) : 0;
    return [every](const context&, const item& i) -> caf::expected<record> {
      if (every != 0 && number(i) % every == 1)
        return make_error(ec::failed, "one of " + std::to_string(every));
      return of(number(i));
    };
  }

  void add_sink(std::vector<std::size_t> up) {
    outs.push_back(std::make_shared<written>());
    plan.sinks.push_back({"sink", std::make_unique<memory_sink>(outs.back()), std::move(up)});
  }

  /// How many outcomes each sink gets if every job goes every way.
  [[nodiscard]] std::vector<std::uint64_t> outcomes() const {
    const auto g = detail::graph_of(plan).outcomes;
    std::vector<std::uint64_t> through(g.size(), 0);
    for (std::size_t i = 0; i < plan.sources.size(); ++i)
      through[i] = *plan.sources[i].source->size_hint();
    for (const auto n : g.in_order())
      for (const auto up : g.upstreams(n))
        through[n] += through[up];
    return {through.end() - static_cast<std::ptrdiff_t>(plan.sinks.size()), through.end()};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(flow_graph_stress, fixture)

BOOST_AUTO_TEST_CASE(every_job_goes_every_way_and_ends_once) {
  seeded random;
  for (int round = 0; round < 60; ++round) {
    random_flow f{random, {}};
    const auto wanted = f.outcomes();
    const auto s = run_flow(on, ctx, std::move(f.plan));
    BOOST_REQUIRE((s.books == policy::books{f.items, f.items, 0, f.items, 0, 0}));
    if (!f.broadcasts_only)
      continue;
    for (std::size_t i = 0; i < wanted.size(); ++i)
      BOOST_REQUIRE(f.outs[i]->count() == wanted[i]);
  }
}

BOOST_AUTO_TEST_CASE(full_doors_lose_no_job_and_end_none_twice) {
  seeded random;
  std::uint64_t dropped = 0, redirected = 0, rejected = 0;
  for (int round = 0; round < 120; ++round) {
    random_flow f{random, {.overflows = true}};
    const auto s = run_flow(on, ctx, std::move(f.plan));
    BOOST_REQUIRE(!s.ended_by.has_value());
    BOOST_REQUIRE(s.books.balanced());
    BOOST_REQUIRE(s.books.admitted == f.items);
    BOOST_REQUIRE(s.books.canceled == s.dropped);
    BOOST_REQUIRE(s.failures.size() == s.books.failed);
    for (const auto& failure : s.failures)
      BOOST_REQUIRE(failure.attempt == 0U);
    for (const auto& to : f.outs)
      BOOST_REQUIRE(to->finished == 1);
    BOOST_REQUIRE(exit_code(s) == (s.books.failed > 0 ? 1 : 0));
    dropped += s.dropped;
    rejected += s.books.failed;
    for (const auto& stage : s.stages)
      redirected += stage.redirected;
  }
  BOOST_TEST(dropped > 0U);
  BOOST_TEST(rejected > 0U);
  BOOST_TEST(redirected > 0U);
}

BOOST_AUTO_TEST_CASE(the_books_balance_however_the_run_ends) {
  seeded random;
  for (int round = 0; round < 120; ++round) {
    random_flow f{random, {.failures = true, .overflows = true}};
    const auto run_ctx = context::with_cancel(ctx);
    flow_control control;
    control.intake = context::with_cancel(ctx);
    // After so many outcomes at any sink.
    const auto when = random.below(40);
    const auto how = random.below(5);
    auto count = std::make_shared<std::atomic<std::uint64_t>>(0);
    for (const auto& to : f.outs)
      to->on_put = [=, intake = control.intake] {
        if (count->fetch_add(1) != when)
          return caf::error{};
        if (how == 0)
          run_ctx.cancel("enough");
        if (how == 1)
          intake.cancel("enough");
        return how == 2 ? make_error(ec::io, "no space left") : caf::error{};
      };
    if (how == 3)
      f.plan.on_error = policy::fail_fast;
    if (how == 4)
      f.plan.on_error = *policy::halt_rule::parse("soon,done=20");
    const auto s = run_flow(on, run_ctx, std::move(f.plan), std::move(control));
    BOOST_REQUIRE(s.books.balanced());
    BOOST_REQUIRE(s.failures.size() == s.books.failed);
    BOOST_REQUIRE(s.stragglers.empty());
    BOOST_REQUIRE(s.dropped <= s.books.canceled);
    if (!s.ended_by)
      BOOST_REQUIRE(s.books.completed + s.books.failed + s.dropped == f.items);
  }
}

BOOST_AUTO_TEST_SUITE_END()
