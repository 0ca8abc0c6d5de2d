#pragma once

/// What is joined to what: a directed graph of a few hundred nodes, asked for its cycles, for what leads
/// where, and for layers to draw it in.

#include <cstddef>
#include <vector>

namespace weir::policy {

class graph {
public:
  using node = std::size_t;  ///< from 0
  using path = std::vector<node>;

  explicit graph(std::size_t nodes) : down_(nodes), up_(nodes) {}

  /// Both nodes exist. Joins them, unless they are.
  void join(node from, node to);

  [[nodiscard]] std::size_t size() const noexcept { return down_.size(); }
  [[nodiscard]] const std::vector<node>& downstreams(node n) const { return down_[n]; }
  [[nodiscard]] const std::vector<node>& upstreams(node n) const { return up_[n]; }

  /// Each way that leads back to where it began without meeting a node twice, once: from its smallest node
  /// on, that one not repeated at the end. The first `max` of them, as there may be more than anybody can
  /// read. Cost: `max` + 1 times nodes and joins.
  [[nodiscard]] std::vector<path> cycles(std::size_t max) const;

  /// For each node whether a way leads to it from one of `starts`, themselves included.
  [[nodiscard]] std::vector<bool> reached_from(const std::vector<node>& starts) const;

  /// For each node whether a way leads from it to one of `ends`, themselves included.
  [[nodiscard]] std::vector<bool> leading_to(const std::vector<node>& ends) const;

  /// For each node the length of the longest way to it. Only without cycles.
  [[nodiscard]] std::vector<std::size_t> layers() const;

  /// All nodes, each after its upstreams. Only without cycles.
  [[nodiscard]] std::vector<node> in_order() const;

private:
  std::vector<std::vector<node>> down_;
  std::vector<std::vector<node>> up_;
};

}  // namespace weir::policy
