#pragma once

/// The side that lends its workers: dials a coordinator, does its jobs for as long as there is a link, and
/// dials again when that has gone. It holds no more jobs than it has offered to, whatever the coordinator
/// does. When the link goes, what runs for the coordinator is canceled: those jobs run elsewhere.
///
/// Owns threads for messages, sockets and jobs. All members are thread-safe.

#include <weir/runtime/engine.hpp>
#include <weir/runtime/nodes/peers.hpp>
#include <weir/runtime/nodes/task_registry.hpp>
#include <weir/runtime/pool.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace weir::nodes {

struct node_options {
  static constexpr std::uint32_t workers_max = 1024;
  static constexpr std::uint32_t credit_max = 1'000'000;

  link::link_options link;
  std::string coordinator;    ///< "host:port"
  std::uint32_t workers = 0;  ///< jobs that run at once, 1 to 1,024; 0: as many as there are processors
  std::uint32_t credit =
      1024;  ///< jobs that it holds at most, at least two for each worker; 1,000,000 at most

  /// An error of `ec::invalid_option` that names the option and what is allowed.
  [[nodiscard]] caf::error validate() const;
};

class node {
public:
  /// Errors are of `ec::invalid_option`. `on` must outlive the node.
  static caf::expected<std::unique_ptr<node>> make(engine& on, const node_options& options,
                                                   task_registry tasks);

  /// Cancels what runs, waits for it, and ends the link.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Takes no more jobs, finishes those that it has, and does not come back. Does not block.
  void leave(const std::string& why);

  /// Waits until it has left, or `ctx` is canceled; true if it has left.
  bool wait_until_left(const context& ctx);

private:
  /// Jobs that came together.
  struct call {
    std::uint64_t link;
    call_message what;
    const task_registry::function* function;
    context ctx;
  };
  using call_ptr = std::shared_ptr<call>;
  using call_key = std::pair<std::uint64_t, std::uint64_t>;  // link, id

  node(engine& on, const node_options& options, task_registry tasks);

  void came_up(std::uint64_t link);
  void went_down(std::uint64_t link);
  void said(std::uint64_t link, const std::string& text);
  void take(std::uint64_t link, call_message m);
  void cancel(std::uint64_t link, const cancel_message& m);
  void run(const call_ptr& c);
  [[nodiscard]] std::string fitting(done_message m) const;
  void give_up(std::uint64_t link, const std::string& why);

  const task_registry tasks_;
  const node_offer offer_;
  const context ctx_;
  sync::mutex mutex_;
  sync::condition_variable changed_;
  std::map<call_key, call_ptr> calls_;
  std::uint64_t held_ = 0;  // jobs
  std::uint64_t link_ = 0;  // 0: there is none
  std::optional<std::string> leaving_;
  bool left_ = false;
  std::unique_ptr<pool<call_ptr, caf::unit_t>> pool_;  // null: the node ends
  std::unique_ptr<peers> peers_;
};

}  // namespace weir::nodes
