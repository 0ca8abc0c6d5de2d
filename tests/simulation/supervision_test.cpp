/// A supervisor of actors that end for any reason, at any moment.

#include <weir/actors/child_supervisor.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/event_based_actor.hpp>

#include <algorithm>
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
  rule.period = 10s;
  rule.backoff = std::chrono::milliseconds{w.choose(2) * 5};
  std::vector<policy::child_kind> kinds;
  std::vector<child_spec> specs;
  for (std::size_t i = 0; i < count; ++i) {
    kinds.push_back(static_cast<policy::child_kind>(w.choose(3)));
    specs.push_back(
        {"child", kinds.back(), 500ms, [&w](caf::actor_system& s) { return s.spawn(child, &w); }});
  }
  std::vector<caf::actor> up(count);
  std::vector<time_point> restarts;
  std::vector<policy::child_exit> last_exit(count);
  std::vector<std::size_t> started_at(count);  // as numbers of events
  std::size_t events = 0;
  std::size_t last_end = 0;
  std::size_t starts = 0;
  bool gave_up = false;
  child_news news;
  news.started = [&](std::size_t i, const caf::actor& a) {
    w.note("child " + std::to_string(i) + " starts");
    w.check(!up[i], "a child was started that has not ended");
    w.check(!gave_up, "a child was started after the supervisor gave up");
    // Of a group those that come first are there before the others start.
    up[i] = a;
    const auto alone = rule.how == policy::strategy::one_for_one;
    const auto again = ++starts > count;
    const auto first_of_group = started_at.end() == std::find_if(started_at.begin(), started_at.end(),
                                                                 [&](auto at) { return at > last_end; });
    if (again && (alone || first_of_group))
      restarts.push_back(w.now());
    started_at[i] = ++events;
    if (again) {
      w.check(kinds[i] != policy::child_kind::temporary, "a temporary child was started again");
      w.check(
          !alone || kinds[i] != policy::child_kind::transient || last_exit[i] == policy::child_exit::error,
          "a transient child was started again that had done its work");
      for (std::size_t k = 0; k < i; ++k)
        w.check(rule.how != policy::strategy::one_for_all || !up[k] || started_at[k] > last_end,
                "a child goes on while all were to start again");
    }
    // What counts is when it was decided on, which may be some stops of others earlier.
    std::erase_if(restarts, [&](time_point t) { return w.now() - t > rule.period - 4s; });
    w.check(restarts.size() <= rule.intensity, "more restarts within the period than the intensity");
    for (std::size_t k = i + 1; k < count; ++k)
      w.check(rule.how == policy::strategy::one_for_one || !up[k] || starts <= count,
              "a child was started before those after it had ended");
  };
  news.ended = [&](std::size_t i, const caf::error& why) {
    w.note("child " + std::to_string(i) + " has ended: " + describe(why));
    up[i] = nullptr;
    w.check(!is(why, ec::abandoned), "a child was left to itself though it could be killed");
    last_end = ++events;
    last_exit[i] = !why || why == caf::exit_reason::normal  ? policy::child_exit::normal
                   : why == caf::exit_reason::user_shutdown ? policy::child_exit::shutdown
                                                            : policy::child_exit::error;
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
  w.sleep(5s);
  for (std::size_t i = 0; i < count; ++i)
    w.check(gave_up || kinds[i] != policy::child_kind::permanent || up[i], "a permanent child is not there");
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
