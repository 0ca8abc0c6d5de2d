/// What is seen of the nodes of a coordinator.

#include <weir/actors/error.hpp>
#include <weir/runtime/nodes/coordinator.hpp>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

namespace weir::nodes {

caf::error coordinator::wait_for_nodes(std::size_t count, const context& ctx) {
  // The coordinator is there for as long as this is, for the callback too.
  struct caller {
    explicit caller(coordinator& c) : on(c) {
      const std::lock_guard guard{on.mutex_};
      ++on.callers_;
    }
    ~caller() {
      const std::lock_guard guard{on.mutex_};
      on.caller_goes();
    }
    coordinator& on;
  };
  const caller me{*this};
  const auto watch = ctx.on_cancel([this] {
    const std::lock_guard guard{mutex_};
    more_nodes_.notify_all();
  });
  const auto are_there = [&] {
    const auto stays = [](const auto& m) { return !m.second.leaving; };
    return static_cast<std::size_t>(std::count_if(members_.begin(), members_.end(), stays)) >= count;
  };
  std::unique_lock lock{mutex_};
  more_nodes_.wait(lock, [&] { return are_there() || closing_ || ctx.canceled(); });
  if (closing_)
    return make_error(ec::closed, "the coordinator ends");
  return are_there() ? caf::error{} : ctx.error();
}

std::vector<node_state> coordinator::nodes() const {
  const auto links = messenger_->links();
  const std::lock_guard guard{mutex_};
  std::vector<node_state> all;
  for (const auto& [link, m] : members_) {
    node_state s;
    s.name = m.who.who.name;
    s.workers = m.offer.workers;
    s.credit = m.offer.credit;
    s.in_flight = table_.load_of(link).jobs;
    s.leaving = m.leaving;
    const auto same = [number = link](const auto& l) { return l.link == number; };
    if (const auto found = std::find_if(links.begin(), links.end(), same); found != links.end()) {
      s.address = found->address;
      s.round_trip = found->round_trip;
    }
    all.push_back(std::move(s));
  }
  for (const auto& [name, r] : records_) {
    const auto called = [&of = name](const auto& s) { return s.name == of; };
    // Of two processes the later one, which stays.
    const auto last = std::find_if(all.rbegin(), all.rend(), called);
    auto found = last == all.rend() ? all.end() : std::prev(last.base());
    if (found == all.end()) {
      found = all.emplace(all.end());
      found->name = name;
      found->connected = false;
    }
    found->done = r.done;
    found->busy = r.busy;
    found->lost = r.lost;
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

}  // namespace weir::nodes
