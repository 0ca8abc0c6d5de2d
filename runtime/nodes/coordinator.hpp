#pragma once

/// The side that has work for nodes. Nodes dial it, say which tasks they can do, and take jobs for as long as
/// they are there; `remote` (remote.hpp) makes a task of that for a pool, a stream, a map or a stage.
///
/// A call ends with an outcome for each of its jobs, or is lost with its node: then `ec::worker_lost` has its
/// jobs run again elsewhere, as attempts of the same job. A job may so be executed more than once, and has
/// one outcome. What a node that was given up says at last is dropped.
///
/// Owns threads for messages and sockets; must outlive whatever calls it. All members are thread-safe.

#include <weir/actors/context.hpp>
#include <weir/actors/policy/node_table.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/nodes/messages.hpp>
#include <weir/runtime/nodes/peers.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace weir::nodes {

struct node_state {
  std::string name;
  std::string address;
  std::uint32_t workers = 0;
  std::uint32_t credit = 0;     ///< jobs that it holds at most
  std::uint64_t in_flight = 0;  ///< jobs that it has
  std::uint64_t done = 0;       ///< jobs that it has ended
  duration busy{};              ///< that these took, all told
  std::uint64_t lost = 0;       ///< calls that went with links to it
  bool leaving = false;
  bool connected = true;
  duration round_trip{};  ///< the last one that was measured; zero before
};

class coordinator {
public:
  /// Errors are of `ec::invalid_option`: of the options, their files and the address ("host:port").
  static caf::expected<std::unique_ptr<coordinator>> make(const link::link_options& options,
                                                          const std::string& address);

  /// Ends all links, and with them the calls that wait: they are lost. Returns when nobody is in `call` any
  /// more.
  ~coordinator();
  coordinator(const coordinator&) = delete;
  coordinator& operator=(const coordinator&) = delete;

  /// Where it listens: of use where port 0 was asked for.
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  /// Has a node do these jobs with these settings of the task, and waits for it: until some node has room,
  /// then for the outcomes, one for each job in their order. When `ctx` is canceled the node is told, and the
  /// jobs still end there. `ec::worker_lost` if the node has gone; the error of `ctx` if it was canceled
  /// before a node had room. Blocks.
  [[nodiscard]] caf::expected<std::vector<job_end>> call(const context& ctx, const task_name& task,
                                                         const std::string& settings,
                                                         std::vector<std::string> jobs);

  /// Nodes that are there, and those that were lost, by name.
  [[nodiscard]] std::vector<node_state> nodes() const;

private:
  struct member {
    peer who;
    node_offer offer;
    bool leaving = false;
  };
  struct record {  // of all processes of a name
    std::uint64_t done = 0;
    duration busy{};
    std::uint64_t lost = 0;
  };
  /// A call that waits for a node with room, and then for its answer.
  struct waiting {
    sync::condition_variable changed;
    std::optional<policy::node_table::assignment> to;
    std::optional<caf::expected<std::vector<job_end>>> answer;
    std::size_t jobs = 0;
    time_point since{};
  };

  coordinator() = default;

  void joined(const peer& who);
  void gone(std::uint64_t link, const std::string& why);
  void said(std::uint64_t link, const std::string& text);
  void done(std::uint64_t link, done_message m);
  void leaving(std::uint64_t link);
  void tell_if_drained(std::uint64_t link);
  [[nodiscard]] caf::error check(const call_message& m) const;
  [[nodiscard]] std::string missing(const task_name& task, std::size_t jobs);
  void keep_few_records();
  void serve_waiting();
  [[nodiscard]] bool take_back(const policy::node_table::assignment& a);

  mutable sync::mutex mutex_;
  sync::condition_variable no_caller_;
  policy::node_table table_;
  // Of each task the calls that wait for room, the oldest first.
  std::map<policy::node_table::task_id, std::deque<std::shared_ptr<waiting>>> queues_;
  std::set<task_name> missed_;               // tasks that nobody can do, of which that was said
  std::map<std::uint64_t, member> members_;  // by link
  std::map<std::string, record> records_;    // by name
  std::map<policy::node_table::call_id, std::shared_ptr<waiting>> calls_;
  std::size_t callers_ = 0;
  bool closing_ = false;
  std::uint16_t port_ = 0;
  std::unique_ptr<peers> peers_;
};

}  // namespace weir::nodes
