#include <weir/actors/error.hpp>
#include <weir/actors/lane.hpp>
#include <weir/actors/policy/wait_graph.hpp>
#include <weir/actors/station.hpp>
#include <weir/actors/sync.hpp>
#include <weir/actors/waits.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <unordered_map>

namespace weir {

namespace {

using node = std::uint64_t;
using policy::awaited_nodes;

struct registry {
  sync::mutex mutex;  // before the lock of any station
  std::unordered_map<std::uint64_t, const station*> stations;
  std::map<node, awaited> waits;  // by who waits

  [[nodiscard]] const station* find(std::uint64_t id) const {
    const auto at = stations.find(id);
    return at == stations.end() ? nullptr : at->second;
  }

  [[nodiscard]] awaited_nodes look(node n) const;
  [[nodiscard]] std::string name_of(node n) const;
  [[nodiscard]] std::string name_of(const awaited& w) const;
};

registry& all_waits() {
  return sync::of_this_process<registry>();
}

/// The station whose receiver this thread is.
station*& receives_for() noexcept {
  struct tag;
  return sync::of_this_thread<tag, station>();
}

node waiter_of_this_thread() {
  if (const auto* l = lane::current())
    return station::node_of(*l);
  return receives_for() ? station::node_of_receiver(*receives_for()) : 0;
}

awaited_nodes registry::look(node n) const {
  if (station::is_workers(n)) {
    const auto at = std::find_if(stations.begin(), stations.end(),
                                 [n](const auto& s) { return station::node_of_workers(*s.second) == n; });
    return at == stations.end() ? awaited_nodes{} : at->second->who_is_at_work();
  }
  const auto at = waits.find(n);
  if (at == waits.end() || (at->second.over && at->second.over()))
    return {};
  const auto& w = at->second;
  const auto* of = find(w.station_id);
  return of ? of->who_ends(w) : awaited_nodes{};
}

std::string registry::name_of(const awaited& w) const {
  const auto* of = find(w.station_id);
  const auto stage = '"' + (of ? of->name() : std::string{"?"}) + '"';
  switch (w.what) {
    case awaited::what_t::room:
      return "room in " + stage;
    case awaited::what_t::rest:
      return "the end of " + stage;
    default:
      return "job " + std::to_string(w.index) + " of " + stage;
  }
}

std::string registry::name_of(node n) const {
  for (const auto& [id, s] : stations)
    if (const auto name = s->name_of_waiter(n))
      return *name;
  return "?";
}

}  // namespace

wait_entry::wait_entry(awaited what) : waiter_(waiter_of_this_thread()) {
  if (waiter_ == 0)
    return;
  auto& all = all_waits();
  std::lock_guard guard{all.mutex};
  all.waits.insert_or_assign(waiter_, std::move(what));
  const auto path = policy::find_deadlock(waiter_, [&](node n) { return all.look(n); });
  if (path.empty())
    return;
  std::string text;
  for (std::size_t i = 0; i + 1 < path.size() || i == 0; ++i)
    if (const auto at = all.waits.find(path[i]); at != all.waits.end())
      text += (text.empty() ? "" : "; ") + all.name_of(path[i]) + " waits for " + all.name_of(at->second);
  problem_ = make_error(ec::deadlock, "this wait would never end: " + text);
  all.waits.erase(waiter_);
  waiter_ = 0;
}

wait_entry::~wait_entry() {
  if (waiter_ == 0)
    return;
  auto& all = all_waits();
  std::lock_guard guard{all.mutex};
  all.waits.erase(waiter_);
}

receiver_mark::receiver_mark(station& of) noexcept : of_(of) {
  receives_for() = &of;
  of_.set_receiver(true);
}

receiver_mark::~receiver_mark() {
  receives_for() = nullptr;
  of_.set_receiver(false);
}

void detail::register_station(const station& s) {
  auto& all = all_waits();
  std::lock_guard guard{all.mutex};
  all.stations.emplace(s.id(), &s);
}

void detail::forget_station(const station& s) {
  auto& all = all_waits();
  std::lock_guard guard{all.mutex};
  all.stations.erase(s.id());
}

std::vector<std::string> describe_waits(const station& of) {
  auto& all = all_waits();
  std::lock_guard guard{all.mutex};
  std::vector<std::string> lines;
  for (const auto& [n, w] : all.waits)
    if (const auto name = of.name_of_waiter(n))
      lines.push_back(*name + " waits for " + all.name_of(w));
  return lines;
}

}  // namespace weir
