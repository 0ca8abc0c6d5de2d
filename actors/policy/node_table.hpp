#pragma once

/// Which node gets how many jobs. A node says how many it runs at once and how many it holds at most; it is
/// given no more than that, and no more calls than keep it busy while answers are on their way, so that each
/// call may have an equal share of what it holds. Of those that can do a task the one with the least to do
/// for what it can do is taken. What is lost with a node, or answered by one that is no longer asked, is
/// known by the number of the call, of which none comes twice.
///
/// A plain state machine. Takes time in proportion to the nodes.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace weir::policy {

class node_table {
public:
  using node_id = std::uint64_t;
  using call_id = std::uint64_t;
  using task_id = std::string;  ///< what tells it from others

  /// A worker has one call that it runs and one that waits behind it.
  static constexpr std::uint64_t calls_for_each_worker = 2;

  struct offer {
    std::uint64_t workers = 1;
    std::uint64_t credit = 1;  ///< jobs
    std::set<task_id> tasks;
    std::string name = {};  ///< of the node, which may come again with another id
  };

  struct assignment {
    node_id node;
    call_id call;
    std::uint64_t jobs;
  };

  struct load {
    std::uint64_t calls = 0;
    std::uint64_t jobs = 0;
  };

  /// A node that was not there.
  void join(node_id n, offer o);

  /// It takes no more calls.
  void drain(node_id n);

  /// A node goes; the calls that it had are lost, the oldest first. A node that is not there has none.
  std::vector<call_id> remove(node_id n);

  /// A call of 1 to `most` jobs, as many as a node has room for, of another name than `not_at`. None if no
  /// such node has any now.
  [[nodiscard]] std::optional<assignment> take(const task_id& task, std::uint64_t most,
                                               const std::string& not_at = {});

  /// A call has no more than `jobs` jobs, from 1. None that has gone.
  void shrink(call_id call, std::uint64_t jobs);

  /// A call has its answer from `n`; false if it was not that node's to answer.
  [[nodiscard]] bool finish(node_id n, call_id call);

  /// What a node has.
  [[nodiscard]] load load_of(node_id n) const;

  /// Whether it takes no more calls and has none.
  [[nodiscard]] bool drained(node_id n) const;

  /// Whether some node of another name than `not_at` can do this, now or later.
  [[nodiscard]] bool any_for(const task_id& task, const std::string& not_at = {}) const;

private:
  struct node {
    offer can;
    load has = {};
    bool draining = false;
  };
  struct call {
    node_id node;
    std::uint64_t jobs;
  };

  [[nodiscard]] static bool can(const node& n, const task_id& task, const std::string& not_at);
  [[nodiscard]] static bool has_room(const node& n);

  std::map<node_id, node> nodes_;
  std::map<call_id, call> calls_;
  call_id last_ = 0;
};

}  // namespace weir::policy
