#include <weir/actors/policy/graph.hpp>

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

namespace weir::policy {

namespace {

using node = graph::node;
using joins = std::vector<std::vector<node>>;

/// Marks what can be reached from the marked nodes by `along`, over nodes from `least` on.
void spread(const joins& along, std::vector<bool>& marked, node least = 0) {
  std::vector<node> open;
  for (node n = least; n < marked.size(); ++n)
    if (marked[n])
      open.push_back(n);
  while (!open.empty()) {
    const auto n = open.back();
    open.pop_back();
    for (const auto next : along[n])
      if (next >= least && !marked[next]) {
        marked[next] = true;
        open.push_back(next);
      }
  }
}

std::vector<bool> marks(std::size_t size, const std::vector<node>& those) {
  std::vector<bool> marked(size, false);
  for (const auto n : those)
    marked[n] = true;
  return marked;
}

/// The elementary circuits of a graph, after D. B. Johnson (SIAM J. Comput. 4, 1975): a node from which no
/// way led back stays blocked until one may.
class circuits {
public:
  circuits(const graph& of, std::size_t max) : of_(of), max_(max) {}

  std::vector<graph::path> find() {
    for (start_ = 0; start_ < of_.size() && found_.size() < max_; ++start_) {
      look_at_component();
      search(start_);
    }
    return std::move(found_);
  }

private:
  /// The nodes from `start_` on that lead to it and that it leads to.
  void look_at_component() {
    joins down, up;
    for (node n = 0; n < of_.size(); ++n) {
      down.push_back(of_.downstreams(n));
      up.push_back(of_.upstreams(n));
    }
    auto ahead = marks(of_.size(), {start_});
    auto behind = ahead;
    spread(down, ahead, start_);
    spread(up, behind, start_);
    blocked_.assign(of_.size(), true);
    for (node n = start_; n < of_.size(); ++n)
      blocked_[n] = !(ahead[n] && behind[n]);
    outside_ = blocked_;
    waiting_.assign(of_.size(), {});
  }

  bool search(node n) {
    auto closed = false;
    way_.push_back(n);
    blocked_[n] = true;
    for (const auto next : of_.downstreams(n)) {
      if (outside_[next] || found_.size() == max_)
        continue;
      if (next == start_) {
        found_.push_back(way_);
        closed = true;
      } else if (!blocked_[next] && search(next)) {
        closed = true;
      }
    }
    if (closed)
      unblock(n);
    else
      for (const auto next : of_.downstreams(n))
        waiting_[next].push_back(n);
    way_.pop_back();
    return closed;
  }

  void unblock(node n) {
    blocked_[n] = false;
    for (const auto other : std::exchange(waiting_[n], {}))
      if (blocked_[other])
        unblock(other);
  }

  const graph& of_;
  const std::size_t max_;
  node start_ = 0;
  graph::path way_;
  std::vector<bool> blocked_;
  std::vector<bool> outside_;
  joins waiting_;  // for each node those to unblock with it
  std::vector<graph::path> found_;
};

}  // namespace

void graph::join(node from, node to) {
  assert(from < size() && to < size());
  if (std::find(down_[from].begin(), down_[from].end(), to) != down_[from].end())
    return;
  down_[from].push_back(to);
  up_[to].push_back(from);
}

std::vector<graph::path> graph::cycles(std::size_t max) const {
  return circuits{*this, max}.find();
}

std::vector<bool> graph::reached_from(const std::vector<node>& starts) const {
  auto marked = marks(size(), starts);
  spread(down_, marked);
  return marked;
}

std::vector<bool> graph::leading_to(const std::vector<node>& ends) const {
  auto marked = marks(size(), ends);
  spread(up_, marked);
  return marked;
}

std::vector<std::size_t> graph::layers() const {
  assert(cycles(1).empty());
  std::vector<std::size_t> layer(size(), 0), missing(size());
  std::vector<node> open;
  for (node n = 0; n < size(); ++n) {
    missing[n] = up_[n].size();
    if (missing[n] == 0)
      open.push_back(n);
  }
  while (!open.empty()) {
    const auto n = open.back();
    open.pop_back();
    for (const auto next : down_[n]) {
      layer[next] = std::max(layer[next], layer[n] + 1);
      if (--missing[next] == 0)
        open.push_back(next);
    }
  }
  return layer;
}

std::vector<graph::node> graph::in_order() const {
  const auto layer = layers();
  std::vector<node> all(size());
  std::iota(all.begin(), all.end(), node{0});
  std::stable_sort(all.begin(), all.end(), [&](node a, node b) { return layer[a] < layer[b]; });
  return all;
}

}  // namespace weir::policy
