/// What a station knows of who waits for whom; asked by waits.cpp.

#include <weir/actors/station.hpp>

#include <algorithm>
#include <cstdint>

namespace weir {

namespace {

// The low bits of a node tell what it is: objects of these types lie at multiples of more.
constexpr std::uint64_t workers_bit = 1;
constexpr std::uint64_t receiver_bit = 2;
static_assert(alignof(lane) > 3 && alignof(station) > 3);

std::uint64_t address(const void* p) noexcept {
  return reinterpret_cast<std::uintptr_t>(p);
}

using how = policy::awaited_nodes::how_t;

}  // namespace

std::uint64_t station::node_of(const lane& l) noexcept {
  return address(&l);
}

std::uint64_t station::node_of_receiver(const station& s) noexcept {
  return address(&s) | receiver_bit;
}

std::uint64_t station::node_of_workers(const station& s) noexcept {
  return address(&s) | workers_bit;
}

bool station::is_workers(std::uint64_t node) noexcept {
  return (node & workers_bit) != 0;
}

policy::awaited_nodes station::who_is_at_work() const {
  lock_type held{mutex_};
  policy::awaited_nodes at_work{how::any};
  for (const auto& l : lanes_) {
    if (l->state_ == lane::state::abandoned || l->state_ == lane::state::retired)
      continue;
    if (l->state_ != lane::state::busy && l->state_ != lane::state::canceling)
      return {};
    at_work.of.push_back(node_of(*l));
  }
  // Those that are missing are on their way, also in the place of one that was written off.
  return at_work.of.size() < std::max({active_, target_, std::size_t{1}}) ? policy::awaited_nodes{} : at_work;
}

policy::awaited_nodes station::who_ends(const awaited& what) const {
  switch (what.what) {
    case awaited::what_t::room:
      return who_makes_room();
    case awaited::what_t::rest:
      return who_brings_rest();
    default:
      return who_runs(what.index);
  }
}

policy::awaited_nodes station::who_runs(std::uint64_t index) const {
  lock_type held{mutex_};
  const auto has = [index](const job_span& s) {
    return s.block && index >= s.block->sequence() + s.first && index < s.block->sequence() + s.last;
  };
  for (const auto& l : lanes_) {
    if (l->state_ != lane::state::busy || !has(l->work_))
      continue;
    const auto begun = index >= l->work_.block->sequence() + l->running_.load(std::memory_order_relaxed) &&
                       index < l->work_.block->sequence() + l->first_unstarted();
    // What is behind the jobs that run may be taken over by another lane.
    return {how::all, {begun ? node_of(*l) : node_of_workers(*this)}};
  }
  // What has not been started yet ends by its time in the queue.
  const auto repeats =
      std::any_of(repeats_waiting_.begin(), repeats_waiting_.end(),
                  [&](const auto& r) { return has(r.second.job); }) ||
      std::any_of(repeats_due_.begin(), repeats_due_.end(), [&](const auto& r) { return has(r.job); });
  if (options_.timeouts.queue && !repeats)
    return {};
  policy::awaited_nodes waits{how::all, {node_of_workers(*this)}};
  // Ahead of it in the line of its key there is the one that runs.
  if (const auto key = lines_.key_of(has))
    for (const auto& l : lanes_)
      if (l->key_ == key && (l->state_ == lane::state::busy || l->state_ == lane::state::canceling))
        waits.of.push_back(node_of(*l));
  return waits;
}

policy::awaited_nodes station::who_makes_room() const {
  lock_type held{mutex_};
  const auto at_door = door_.count();
  // In need of nobody: there is room, or somebody will find it closed.
  if (at_door.used < at_door.capacity || at_door.closed)
    return {};
  policy::awaited_nodes waits{how::all, {}};
  if (options_.collected)
    waits.of.push_back(node_of_receiver(*this));
  const auto open = at_door.admitted - ended_.ended();
  // What has not been started ends by its time limit, in need of no worker.
  auto started = repeats_waiting_.size() + repeats_due_.size();
  for (const auto& l : lanes_)
    started += l->state_ == lane::state::busy ? l->work_.size() : 0;
  if (options_.timeouts.queue && open > started)
    return waits;
  if (!options_.collected || at_door.used <= open + outcomes_.held() - outcomes_.held_ready())
    waits.of.push_back(node_of_workers(*this));
  return waits;
}

policy::awaited_nodes station::who_brings_rest() const {
  lock_type held{mutex_};
  policy::awaited_nodes waits{how::all, {}};
  for (const auto& l : lanes_)
    if (l->state_ == lane::state::busy || l->state_ == lane::state::canceling)
      waits.of.push_back(node_of(*l));
  if (options_.collected && !all_taken())
    waits.of.push_back(node_of_receiver(*this));
  return waits.of.empty() ? policy::awaited_nodes{} : waits;
}

std::optional<std::string> station::name_of_waiter(std::uint64_t node) const {
  if (node == node_of_receiver(*this))
    return "the receiver of \"" + name() + '"';
  lock_type held{mutex_};
  for (const auto& l : lanes_)
    if (node == node_of(*l) && (l->state_ == lane::state::busy || l->state_ == lane::state::canceling))
      return "job " + std::to_string(name_running(*l).index) + " of \"" + name() + '"';
  return std::nullopt;
}

}  // namespace weir
