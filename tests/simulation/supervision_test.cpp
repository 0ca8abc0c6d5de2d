/// A supervisor of actors that end for any reason, at any moment.

#include <weir/actors/child_supervisor.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/event_based_actor.hpp>

#include <chrono>
#include <vector>

#include "explored.hpp"

namespace {

using namespace std::chrono_literals;
using namespace weir;
using weir::testing::world;

caf::behavior child(caf::event_based_actor* self, world* w) {
  watch(self, [](const caf::actor_addr&, const caf::error&) {});
  const auto stubborn = w->one_in(4);
  self->set_exit_handler([=](caf::exit_msg& m) {
    if (!stubborn)
      self->quit(m.reason);
  });
  return {[=](leave_tag) {
    constexpr std::array exits{caf::exit_reason::normal, caf::exit_reason::user_shutdown,
                               caf::exit_reason::unhandled_exception};
    self->quit(exits[w->choose(exits.size())]);
  }};
}

void run(world& w) {
  constexpr std::size_t count = 3;
  policy::restart_rule rule;
  rule.how = static_cast<policy::strategy>(w.choose(3));
  rule.intensity = static_cast<std::uint32_t>(1 + w.choose(3));
  rule.period = 100ms;
  rule.backoff = std::chrono::milliseconds{w.choose(2) * 5};
  std::vector<policy::child_kind> kinds;
  std::vector<child_spec> specs;
  for (std::size_t i = 0; i < count; ++i) {
    kinds.push_back(static_cast<policy::child_kind>(w.choose(3)));
    specs.push_back({"child", kinds.back(), 20ms, [&w](caf::actor_system& s) { return s.spawn(child, &w); }});
  }
  std::vector<caf::actor> up(count);
  std::vector<time_point> restarts;
  std::size_t starts = 0;
  bool gave_up = false;
  child_news news;
  news.started = [&](std::size_t i, const caf::actor& a) {
    w.note("child " + std::to_string(i) + " starts");
    w.check(!up[i], "a child was started that has not ended");
    w.check(!gave_up, "a child was started after the supervisor gave up");
    // Of a group those that come first are there before the others start.
    up[i] = a;
    if (++starts > count && rule.how == policy::strategy::one_for_one)
      restarts.push_back(w.now());
    std::erase_if(restarts, [&](time_point t) { return w.now() - t > rule.period; });
    w.check(restarts.size() <= rule.intensity, "more restarts within the period than the intensity");
    for (std::size_t k = i + 1; k < count; ++k)
      w.check(rule.how == policy::strategy::one_for_one || !up[k] || starts <= count,
              "a child was started before those after it had ended");
  };
  news.ended = [&](std::size_t i, const caf::error& why) {
    w.note("child " + std::to_string(i) + " has ended: " + describe(why));
    up[i] = nullptr;
  };
  news.gave_up = [&](const caf::error&) { gave_up = true; };
  auto& time = steady_clock();
  auto top = supervise(w.system(), rule, std::move(specs), news, time);
  for (int n = 0; n < 5; ++n) {
    w.sleep(std::chrono::milliseconds{w.choose(30)});
    const auto i = w.choose(count);
    if (!up[i])
      continue;
    if (w.choose(2) == 0)
      tell(up[i], leave_tag::value);
    else
      tell(up[i], caf::exit_msg{nullptr, caf::exit_reason::kill});
  }
  auto over = false;
  top->attach_functor([&](const caf::error&) { over = true; });
  tell(top, stop_tag::value);
  top = nullptr;
  while (!over)
    w.sleep(1s);
  w.check(std::none_of(up.begin(), up.end(), [](const auto& a) { return a != nullptr; }),
          "a child is left behind");
}

}  // namespace

BOOST_AUTO_TEST_CASE(whatever_children_die_of_they_are_restarted_by_the_rule_and_none_is_left) {
  explored(run);
}
