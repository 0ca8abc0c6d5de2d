#pragma once

/// The side that lends its workers: dials a coordinator, does its jobs for as long as there is a link, and
/// dials again when that has gone. It holds no more jobs than it has offered to, whatever the coordinator
/// does. When the link goes, what runs for the coordinator is canceled: those jobs run elsewhere.
///
/// Owns threads for messages, sockets and jobs. All members are thread-safe.

#include <weir/actors/clock.hpp>
#include <weir/runtime/engine.hpp>
#include <weir/runtime/nodes/messenger.hpp>
#include <weir/runtime/nodes/node_options.hpp>
#include <weir/runtime/nodes/task_registry.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace weir::nodes {

/// A node as it is just now.
struct node_view {
  bool is_up = false;     ///< whether there is a link to a coordinator
  time_point since{};     ///< when that came up, or went; when the node was made, if none was there yet
  std::string with = {};  ///< the name of that coordinator; of the last one, if it is not there
  /// Why there is none: how the last try failed, or the link went; empty while there is one, and before.
  std::string why_down = {};
  duration round_trip{};   ///< the last one that was measured; zero before
  std::uint64_t held = 0;  ///< jobs that it has, also those of earlier links that have not stopped yet
  bool leaving = false;
};

class node {
public:
  /// Errors are of `ec::invalid_option`. `on` must outlive the node, and `tasks` be no more than a
  /// greeting can name (some fifty are).
  static caf::expected<std::unique_ptr<node>> make(engine& on, const node_options& options,
                                                   task_registry tasks);

  /// The same over another messenger than that for processes.
  static caf::expected<std::unique_ptr<node>> make(engine& on, const node_options& options,
                                                   task_registry tasks, const messenger_maker& over);

  /// Ends the link, within a heartbeat, and cancels what runs; waits for that for 10 s at most. A job that
  /// goes on after that is left to itself.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Takes no more jobs, finishes those that it has, and does not come back. Waits for the thread of the
  /// links.
  void leave(const std::string& why);

  /// Waits until it has left, or `ctx` is canceled; true if it has left.
  bool wait_until_left(const context& ctx);

  /// What becomes of it. Waits a moment for the thread of the links.
  [[nodiscard]] node_view look() const;

private:
  class core;
  explicit node(std::shared_ptr<core> c);
  std::shared_ptr<core> core_;  // shared with the jobs that run
};

}  // namespace weir::nodes
