#pragma once

/// The side that has work for nodes. Nodes dial it, say which tasks they can do, and take jobs for as long as
/// they are there; `remote` (remote.hpp) makes a task of that for a pool, a stream, a map or a stage.
///
/// A call ends with an outcome for each of its jobs, or is lost with its node: then `ec::worker_lost` has
/// those run again elsewhere, as attempts of the same job. A job may so be executed more than once, and has
/// one outcome. What a node that was given up says at last is dropped.
///
/// Owns threads for messages and sockets; must outlive whatever calls it. All members are thread-safe.

#include <weir/actors/context.hpp>
#include <weir/actors/policy/node_table.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/batch_wish.hpp>
#include <weir/runtime/link/link_options.hpp>
#include <weir/runtime/nodes/messages.hpp>
#include <weir/runtime/nodes/messenger.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace weir::nodes {

struct node_state {
  std::string name;
  std::string address;
  std::uint32_t workers = 0;
  std::uint32_t credit = 0;     ///< jobs that it holds at most
  std::uint64_t in_flight = 0;  ///< jobs that it has
  std::uint64_t done = 0;       ///< jobs that it has ended, but for those that were canceled or out of time
  duration busy{};              ///< that all took, those too
  std::uint64_t lost = 0;       ///< calls that went with links to it
  bool leaving = false;
  bool connected = true;
  duration round_trip{};  ///< the last one that was measured; zero before
};

class coordinator {
public:
  /// Errors are of `ec::invalid_option`: of the options, their files and the address ("host:port"); of
  /// `ec::io` if nobody can listen there.
  static caf::expected<std::unique_ptr<coordinator>> make(const link::link_options& options,
                                                          const std::string& address);

  /// The same over another messenger than that for processes.
  static caf::expected<std::unique_ptr<coordinator>> make(const messenger_maker& over,
                                                          const std::string& address);

  /// Closes it.
  ~coordinator();
  coordinator(const coordinator&) = delete;
  coordinator& operator=(const coordinator&) = delete;

  /// Ends all links, and with them the calls that wait: they are lost; none begins after that. Blocks until
  /// nobody waits or has room any more, so that who has must not call it. Idempotent.
  void close();

  /// Where it listens: of use where port 0 was asked for.
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
  struct waiting;

public:
  /// Room at a node for one call. It is given back with this.
  class room {
  public:
    room(room&& other) noexcept : on_(std::exchange(other.on_, nullptr)), for_(std::move(other.for_)) {}
    room& operator=(room&&) = delete;
    ~room();

    /// Of the call.
    [[nodiscard]] std::uint64_t id() const noexcept;
    /// The most jobs that it may have, from 1.
    [[nodiscard]] std::uint64_t jobs() const noexcept;
    /// The name of the node.
    [[nodiscard]] const std::string& node() const noexcept;
    /// One of its jobs was canceled there, or out of time: it does not count as done. Of one thread at a
    /// time.
    void add_not_done() noexcept;

  private:
    friend class coordinator;
    room(coordinator& on, std::shared_ptr<waiting> w) : on_(&on), for_(std::move(w)) {}

    coordinator* on_;
    std::shared_ptr<waiting> for_;
  };

  /// Waits until a node has room for some of the jobs that are wished for, from 1. Where others wait too, and
  /// another node can do the task, it is not where it should not be. The error of `ctx`, or of the wish's, if
  /// it was canceled before, which says so if no node could do the task; `ec::closed` if the coordinator
  /// ends. Blocks.
  [[nodiscard]] caf::expected<room> wait_for_room(const context& ctx, const task_name& task,
                                                  const batch_wish& wish);

  /// Sends the call whose message is `text`, at most `text_bytes_max` long, with `jobs` jobs, and waits for
  /// its dones. When `ctx` is canceled the node is told, and the jobs still end there. `ec::worker_lost` if
  /// the node has gone; the error of `ctx` if it was canceled before anything was sent. Blocks.
  [[nodiscard]] caf::expected<std::vector<done_message>> call(const context& ctx, const room& at,
                                                              std::string text, std::uint64_t jobs);

  /// Ends the link of a node that does what it must not; returns what becomes of jobs that it had.
  caf::error give_up(const room& at, const std::string& why);

  [[nodiscard]] std::size_t text_bytes_max() const noexcept { return messenger_->text_bytes_max(); }

  /// Waits until at least `count` nodes are there of which none is leaving, whatever they can do. The error
  /// of `ctx` if it was canceled before; `ec::closed` if the coordinator ends. Blocks.
  [[nodiscard]] caf::error wait_for_nodes(std::size_t count, const context& ctx);

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
  /// A call that waits for a node with room, and then for its dones.
  struct waiting {
    sync::condition_variable changed;
    std::uint64_t jobs = 0;  // at most, or, once it was sent, in all
    std::string not_at;
    std::uint64_t turn = 0;    // the order in which they came
    unsigned passed_over = 0;  // how often another was given the room that was left
    std::optional<policy::node_table::assignment> to;
    std::string node;                 // its name
    std::optional<time_point> since;  // when it was sent
    std::vector<done_message> parts;
    std::uint64_t ended = 0;     // jobs of these
    std::uint64_t not_done = 0;  // of these, as its caller says
    caf::error lost;
    [[nodiscard]] bool has_answer() const { return ended == jobs || lost; }
  };

  coordinator() = default;

  void joined(const peer& who);
  void gone(std::uint64_t link, const std::string& why);
  void said(std::uint64_t link, std::string text);
  void done(std::uint64_t link, done_message m);
  void leaving(std::uint64_t link);
  void tell_if_drained(std::uint64_t link);
  void tell_missing();
  void may_be_missing(const std::vector<task_name>& tasks);
  [[nodiscard]] std::string missing(const task_name& task) const;
  [[nodiscard]] caf::error in_vain(const caf::error& why, const task_name& task) const;
  void keep_few_records();
  using waiting_line = std::deque<std::shared_ptr<waiting>>;

  void serve_waiting();
  bool serve(bool anywhere);
  bool give_room(const policy::node_table::task_id& task, const std::shared_ptr<waiting>& to, bool anywhere);
  void cut_off(std::uint64_t link, const std::string& why);
  void give_back(const std::shared_ptr<waiting>& w);
  void caller_goes();

  mutable sync::mutex mutex_;
  sync::condition_variable no_caller_;
  sync::condition_variable more_nodes_;
  policy::node_table table_;
  // Of each task the calls that wait for room, the oldest first.
  std::map<policy::node_table::task_id, waiting_line> queues_;
  std::uint64_t last_turn_ = 0;
  std::set<policy::node_table::task_id> missed_;  // tasks that nobody can do, of which that was said
  std::map<std::uint64_t, member> members_;       // by link
  std::map<std::string, record> records_;         // by name
  std::map<policy::node_table::call_id, std::shared_ptr<waiting>> calls_;
  std::size_t callers_ = 0;
  bool closing_ = false;
  std::uint16_t port_ = 0;
  std::unique_ptr<messenger> messenger_;
};

}  // namespace weir::nodes
