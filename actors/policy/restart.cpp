#include <weir/actors/policy/restart.hpp>
#include <weir/actors/policy/time.hpp>

#include <algorithm>
#include <cmath>

namespace weir::policy {

restart::actions restart::add(const child& c) {
  children_.push_back({c});
  if (!stopping_)
    return {{action::what_t::start, children_.size() - 1}};
  children_.back().is = state::gone;
  return {};
}

bool restart::restarts_after(const entry& e, child_exit how) const noexcept {
  return e.spec.kind == child_kind::permanent ||
         (e.spec.kind == child_kind::transient && how == child_exit::error);
}

/// When the restart may begin; nothing if there were too many.
std::optional<restart::time_point> restart::note_restart(time_point now) {
  while (!recent_.empty() && now - recent_.front() > rule_.period)
    recent_.pop_front();
  if (recent_.size() >= rule_.intensity)
    return std::nullopt;
  const auto before = static_cast<double>(recent_.size());
  recent_.push_back(now);
  // However often: nothing times infinity is no number.
  if (rule_.backoff == duration::zero())
    return now;
  const auto wait = static_cast<double>(rule_.backoff.count()) * std::pow(rule_.growth, before);
  const auto longest = static_cast<double>(rule_.backoff_max.count());
  return after(now, wait < longest ? duration{static_cast<duration::rep>(wait)} : rule_.backoff_max);
}

void restart::restart_group(std::size_t of, time_point when) {
  auto& first = children_[of];
  first.is = state::down;
  first.comes_back = true;
  first.start_at = when;
  if (rule_.how == strategy::one_for_one)
    return;
  for (auto i = rule_.how == strategy::one_for_all ? 0 : of + 1; i < children_.size(); ++i) {
    auto& e = children_[i];
    // All of the group start together, those included that are on their way out because of another.
    e.start_at = when;
    if (e.is == state::up) {
      e.to_stop = true;
      e.comes_back = e.spec.kind != child_kind::temporary;
    }
  }
}

restart::actions restart::ended(std::size_t i, child_exit how, time_point now) {
  actions out;
  auto& e = children_[i];
  const auto by_itself = e.is == state::up && !e.to_stop;
  e.to_stop = false;
  if (!by_itself) {
    note_end(e);
  } else if (!restarts_after(e, how)) {
    e.is = state::gone;
  } else if (const auto when = note_restart(now)) {
    restart_group(i, *when);
  } else {
    gave_up_ = true;
    e.is = state::gone;
    return stop(now);
  }
  go_on(now, out);
  return out;
}

/// Of one that was asked to.
void restart::note_end(entry& e) noexcept {
  e.is = e.comes_back ? state::down : state::gone;
}

restart::actions restart::stop(time_point now) {
  stopping_ = true;
  for (auto& e : children_) {
    e.comes_back = false;
    e.to_stop |= e.is == state::up;
    if (e.is == state::down)
      e.is = state::gone;
  }
  actions out;
  go_on(now, out);
  return out;
}

restart::actions restart::advance(time_point now) {
  actions out;
  for (std::size_t i = 0; i < children_.size(); ++i) {
    auto& e = children_[i];
    if (!is_ending(e) || e.wait_until > now)
      continue;
    if (e.is == state::stopping) {
      e.is = state::killed;
      e.wait_until = after(now, e.spec.stop_time);
      out.push_back({action::what_t::kill, i});
    } else {
      note_end(e);
      out.push_back({action::what_t::abandon, i});
    }
  }
  go_on(now, out);
  return out;
}

std::optional<restart::time_point> restart::due() const noexcept {
  auto first = time_point::max();
  for (const auto& e : children_)
    if (is_ending(e))
      first = std::min(first, e.wait_until);
    else if (e.is == state::down && may_start())
      first = std::min(first, e.start_at);
  return first == time_point::max() ? std::nullopt : std::optional{first};
}

void restart::ask_to_stop(std::size_t i, time_point now, actions& out) {
  auto& e = children_[i];
  e.to_stop = false;
  e.is = state::stopping;
  e.wait_until = after(now, e.spec.stop_time);
  out.push_back({action::what_t::stop, i});
}

bool restart::some_still_stop() const noexcept {
  return std::any_of(children_.begin(), children_.end(), is_ending);
}

/// A group starts when all of it have ended.
bool restart::may_start() const noexcept {
  if (rule_.how == strategy::one_for_one)
    return true;
  return !some_still_stop() &&
         std::none_of(children_.begin(), children_.end(), [](const auto& e) { return e.to_stop; });
}

void restart::go_on(time_point now, actions& out) {
  if (!some_still_stop()) {
    const auto last =
        std::find_if(children_.rbegin(), children_.rend(), [](const auto& e) { return e.to_stop; });
    if (last != children_.rend())
      ask_to_stop(static_cast<std::size_t>(children_.rend() - last) - 1, now, out);
  }
  if (may_start())
    for (std::size_t i = 0; i < children_.size(); ++i)
      if (auto& e = children_[i]; e.is == state::down && e.start_at <= now) {
        e.is = state::up;
        e.comes_back = false;
        out.push_back({action::what_t::start, i});
      }
  const auto is_gone = [](const auto& e) { return e.is == state::gone; };
  if (stopping_ && !over_ && std::all_of(children_.begin(), children_.end(), is_gone)) {
    over_ = true;
    out.push_back({action::what_t::ended});
  }
}

}  // namespace weir::policy
