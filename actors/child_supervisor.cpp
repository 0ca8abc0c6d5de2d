#include <weir/actors/child_supervisor.hpp>
#include <weir/actors/log.hpp>

#include <cmath>
#include <deque>
#include <optional>
#include <stdexcept>
#include <utility>

namespace weir {

namespace {

using what = policy::restart::action::what_t;

struct child_supervisor_state {
  static constexpr const char* name = "weir.child_supervisor";

  /// Keeps it alive until its children have ended, whoever else has let go of it.
  child_supervisor_actor itself;
  std::vector<child_spec> specs;
  std::vector<caf::actor> running;  // null: it has ended
  std::optional<policy::restart> rules;
  child_news news;
  clock* time = nullptr;
  timer alarm;
  caf::error why_gave_up;
  std::deque<std::pair<std::size_t, caf::error>> failed_starts;
};

using self_pointer = child_supervisor_actor::stateful_pointer<child_supervisor_state>;

policy::child_exit exit_of(const caf::error& why) {
  if (!why || why == caf::exit_reason::normal)
    return policy::child_exit::normal;
  return why == caf::exit_reason::user_shutdown ? policy::child_exit::shutdown : policy::child_exit::error;
}

void note_end(child_supervisor_state& s, std::size_t i, const caf::error& why) {
  s.running[i] = nullptr;
  if (s.news.ended)
    s.news.ended(i, why);
}

/// Returns what is to be done.
policy::restart::actions take_end(self_pointer self, std::size_t i, const caf::error& why) {
  auto& s = self->state;
  note_end(s, i, why);
  const auto gave_up_before = s.rules->gave_up();
  auto wanted = s.rules->ended(i, exit_of(why), s.time->now());
  if (s.rules->gave_up() && !gave_up_before) {
    log()->error("more restarts than the rule allows; the last to end was {}: {}", s.specs[i].name,
                 describe(why));
    s.why_gave_up = why;
    if (s.news.gave_up)
      s.news.gave_up(why);
  }
  return wanted;
}

void start(self_pointer self, std::size_t i) {
  auto& s = self->state;
  try {
    s.running[i] = s.specs[i].start(self->system());
    if (!s.running[i])
      throw std::runtime_error{"there is no actor"};
  } catch (...) {
    s.failed_starts.emplace_back(i, make_error(std::current_exception()));
    return;
  }
  self->monitor(s.running[i]);
  if (s.news.started)
    s.news.started(i, s.running[i]);
}

/// With high priority: what it has in its mailbox is not waited for.
void send_exit(self_pointer self, std::size_t i, caf::exit_reason reason) {
  if (const auto& to = self->state.running[i])
    tell(to, caf::exit_msg{self->address(), reason});
}

void abandon(self_pointer self, std::size_t i) {
  auto& s = self->state;
  log()->warn("{}: it goes on though it was killed, and is left to itself", s.specs[i].name);
  self->demonitor(s.running[i]);
  note_end(s, i, make_error(ec::abandoned, "it does not end"));
}

void end(self_pointer self) {
  const auto& s = self->state;
  if (s.rules->gave_up())
    self->quit(make_error(ec::worker_lost, describe(s.why_gave_up)));
  else
    self->quit();
}

void act(self_pointer self, const policy::restart::actions& wanted) {
  for (const auto& a : wanted)
    switch (a.what) {
      case what::start:
        start(self, a.child);
        break;
      case what::stop:
        send_exit(self, a.child, caf::exit_reason::user_shutdown);
        break;
      case what::kill:
        send_exit(self, a.child, caf::exit_reason::kill);
        break;
      case what::abandon:
        abandon(self, a.child);
        break;
      case what::ended:
        end(self);
        break;
    }
}

void perform(self_pointer self, const policy::restart::actions& wanted) {
  auto& s = self->state;
  act(self, wanted);
  // One at a time, when the others of its group have started: the policy takes it for one that was there.
  while (!s.failed_starts.empty()) {
    const auto [i, why] = std::move(s.failed_starts.front());
    s.failed_starts.pop_front();
    act(self, take_end(self, i, why));
  }
  s.alarm.reset();
  if (const auto due = s.rules->due())
    s.alarm = tell_at(*s.time, *due, s.itself, phase_due_tag::value);
}

child_supervisor_actor::behavior_type child_supervisor(self_pointer self, const policy::restart_rule& rule,
                                                       std::vector<child_spec> children, child_news news,
                                                       clock* time) {
  auto& s = self->state;
  s.itself = caf::actor_cast<child_supervisor_actor>(self);
  s.specs = std::move(children);
  s.running.resize(s.specs.size());
  s.rules.emplace(rule);
  s.news = std::move(news);
  s.time = time;
  watch(self, [self](const caf::actor_addr& who, const caf::error& why) {
    auto& all = self->state.running;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i] && all[i].address() == who)
        return perform(self, take_end(self, i, why));
  });
  self->set_exit_handler(
      [self](caf::exit_msg&) { perform(self, self->state.rules->stop(self->state.time->now())); });
  for (const auto& c : s.specs)
    perform(self, s.rules->add({c.kind, c.stop_time}));
  return {
      [self](stop_tag) { perform(self, self->state.rules->stop(self->state.time->now())); },
      [self](phase_due_tag) { perform(self, self->state.rules->advance(self->state.time->now())); },
  };
}

void check(const policy::restart_rule& r) {
  const auto wrong = [](const std::string& text) { throw std::invalid_argument{"restart rule: " + text}; };
  if (r.period <= duration::zero())
    wrong("period is " + std::to_string(r.period.count()) + " ns, allowed is more than 0");
  for (const auto& [name, wait] : {std::pair{"backoff", r.backoff}, std::pair{"backoff_max", r.backoff_max}})
    if (wait < duration::zero())
      wrong(std::string{name} + " is " + std::to_string(wait.count()) + " ns, allowed is 0 ns or more");
  if (r.backoff > r.backoff_max)
    wrong("backoff is " + std::to_string(r.backoff.count()) +
          " ns, allowed is 0 ns to backoff_max, which is " + std::to_string(r.backoff_max.count()) + " ns");
  if (!(r.growth >= 1) || !std::isfinite(r.growth))
    wrong("growth is " + std::to_string(r.growth) + ", allowed is 1 or more");
}

}  // namespace

child_supervisor_actor supervise(caf::actor_system& system, const policy::restart_rule& rule,
                                 std::vector<child_spec> children, child_news news, clock& time) {
  check(rule);
  return system.spawn(child_supervisor, rule, std::move(children), std::move(news), &time);
}

}  // namespace weir
