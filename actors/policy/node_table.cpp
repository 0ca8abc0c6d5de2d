#include <weir/actors/policy/node_table.hpp>

#include <algorithm>
#include <utility>

namespace weir::policy {

void node_table::join(node_id n, offer o) {
  nodes_.insert_or_assign(n, node{std::move(o)});
}

void node_table::drain(node_id n) {
  if (const auto found = nodes_.find(n); found != nodes_.end())
    found->second.draining = true;
}

std::vector<node_table::call_id> node_table::remove(node_id n) {
  nodes_.erase(n);
  std::vector<call_id> lost;
  for (auto i = calls_.begin(); i != calls_.end();)
    if (i->second.node == n) {
      lost.push_back(i->first);
      i = calls_.erase(i);
    } else {
      ++i;
    }
  return lost;
}

bool node_table::can(const node& n, const task_id& task, const std::string& not_at) {
  return !n.draining && n.can.tasks.contains(task) && (not_at.empty() || n.can.name != not_at);
}

bool node_table::has_room(const node& n) {
  return n.has.calls < calls_for_each_worker * n.can.workers && n.has.jobs < n.can.credit;
}

std::optional<node_table::assignment> node_table::take(const task_id& task, std::uint64_t most,
                                                       const std::string& not_at) {
  // Of two fractions the smaller one, without dividing.
  const auto less_to_do = [](const node& a, const node& b) {
    return a.has.calls * b.can.workers < b.has.calls * a.can.workers;
  };
  auto best = nodes_.end();
  for (auto i = nodes_.begin(); i != nodes_.end(); ++i)
    if (can(i->second, task, not_at) && has_room(i->second) &&
        (best == nodes_.end() || less_to_do(i->second, best->second)))
      best = i;
  if (best == nodes_.end())
    return std::nullopt;
  auto& [what, has, draining] = best->second;
  const auto share = std::max<std::uint64_t>(what.credit / (calls_for_each_worker * what.workers), 1);
  const auto jobs = std::min({most, share, what.credit - has.jobs});
  ++has.calls;
  has.jobs += jobs;
  calls_.emplace(++last_, call{best->first, jobs});
  return assignment{best->first, last_, jobs};
}

void node_table::shrink(call_id c, std::uint64_t jobs) {
  const auto found = calls_.find(c);
  if (found == calls_.end())
    return;
  nodes_.at(found->second.node).has.jobs -= found->second.jobs - jobs;
  found->second.jobs = jobs;
}

bool node_table::finish(node_id n, call_id c) {
  const auto found = calls_.find(c);
  if (found == calls_.end() || found->second.node != n)
    return false;
  auto& has = nodes_.at(n).has;
  --has.calls;
  has.jobs -= found->second.jobs;
  calls_.erase(found);
  return true;
}

node_table::load node_table::load_of(node_id n) const {
  const auto found = nodes_.find(n);
  return found != nodes_.end() ? found->second.has : load{};
}

bool node_table::drained(node_id n) const {
  const auto found = nodes_.find(n);
  return found != nodes_.end() && found->second.draining && found->second.has.calls == 0;
}

bool node_table::any_for(const task_id& task, const std::string& not_at) const {
  for (const auto& [id, n] : nodes_)
    if (can(n, task, not_at))
      return true;
  return false;
}

}  // namespace weir::policy
