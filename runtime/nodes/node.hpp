#pragma once

/// The side that lends its workers: dials a coordinator, does its jobs for as long as there is a link, and
/// dials again when that has gone. It holds no more jobs than it has offered to, whatever the coordinator
/// does. When the link goes, what runs for the coordinator is canceled: those jobs run elsewhere.
///
/// Owns threads for messages, sockets and jobs. All members are thread-safe.

#include <weir/runtime/engine.hpp>
#include <weir/runtime/nodes/messenger.hpp>
#include <weir/runtime/nodes/node_options.hpp>
#include <weir/runtime/nodes/task_registry.hpp>

#include <caf/expected.hpp>

#include <memory>
#include <string>

namespace weir::nodes {

class node {
public:
  /// Errors are of `ec::invalid_option`. `on` must outlive the node, and `tasks` have to be as many as a
  /// greeting can name (some hundred).
  static caf::expected<std::unique_ptr<node>> make(engine& on, const node_options& options,
                                                   task_registry tasks);

  /// The same over another messenger than that for processes.
  static caf::expected<std::unique_ptr<node>> make(engine& on, const node_options& options,
                                                   task_registry tasks, const messenger_maker& over);

  /// Cancels what runs, waits for it for 10 s at most, and ends the link. A job that goes on after that is
  /// left to itself.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Takes no more jobs, finishes those that it has, and does not come back. Waits for the thread of the
  /// links.
  void leave(const std::string& why);

  /// Waits until it has left, or `ctx` is canceled; true if it has left.
  bool wait_until_left(const context& ctx);

private:
  class core;
  explicit node(std::shared_ptr<core> c);
  std::shared_ptr<core> core_;  // shared with the jobs that run
};

}  // namespace weir::nodes
