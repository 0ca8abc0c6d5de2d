#pragma once

/// The inside of a node, in two parts: its link, how it leaves and what is seen of it (node.cpp), and the
/// calls that it has taken (node_calls.cpp).

#include <weir/actors/context.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/nodes/answer.hpp>
#include <weir/runtime/nodes/node.hpp>
#include <weir/runtime/pool.hpp>
#include <weir/runtime/trace/tracer.hpp>

#include <caf/error.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace weir::nodes {

/// Outlives the node where a job does that goes on though it was canceled.
class node::core : public std::enable_shared_from_this<core> {
public:
  core(const node_options& options, task_registry tasks)
      : tasks_(std::move(tasks)),
        offer_{tasks_.names(), options.worker_count(), options.credit},
        trace_(options.trace),
        ctx_(context::with_cancel(context::background())) {
    view_.since = ctx_.time().now();
  }

  caf::error start(engine& on, const node_options& options, const messenger_maker& over);
  void end();

  void leave(const std::string& why);
  bool wait_until_left(const context& ctx);
  node_view look() const;

private:
  using call_ptr = std::shared_ptr<taken_call>;
  using call_key = std::pair<std::uint64_t, std::uint64_t>;  // link, id
  /// A job is to do the first call that waits then.
  using call_pool = pool<caf::unit_t, caf::unit_t>;

  [[nodiscard]] peer_events events();
  [[nodiscard]] std::string offers();
  void came_up(const peer& to);
  void not_reached(const std::string& why);
  void went_down(std::uint64_t link, const std::string& why);
  void said(std::uint64_t link, std::string text);
  void take(std::uint64_t link, call_message m);
  [[nodiscard]] std::string refusal_of(const taken_call& c) const;
  void cancel(std::uint64_t link, const cancel_message& m);
  void cancel_calls_of(std::uint64_t link, const std::string& why);
  void do_next();
  void do_jobs(taken_call& c);
  void do_job(const taken_call& c, std::string_view job, done_writer& to) const;
  static void do_traced(const taken_call& c, std::string_view job, done_writer& to);
  [[nodiscard]] static caf::error try_job(const taken_call& c, std::string_view job, done_writer& to);
  void send_outcomes(const taken_call& c, std::string text);
  void wait_while_full(std::uint64_t link);
  void cancel_all(const taken_call& c);
  [[nodiscard]] call_ptr begin_next();
  bool finish(taken_call& c);
  void say_farewell(std::uint64_t link, const std::string& why);
  [[nodiscard]] bool is_full(std::uint64_t link);
  void send(std::uint64_t link, std::string text);
  void give_up(std::uint64_t link, const std::string& why);

  const task_registry tasks_;
  const node_offer offer_;
  const std::shared_ptr<tracer> trace_;  // null: nobody wants one
  const context ctx_;
  mutable sync::mutex mutex_;
  sync::condition_variable changed_;
  std::map<call_key, call_ptr> calls_;
  std::deque<call_ptr> waiting_;  // of these
  std::size_t asked_ = 0;         // jobs of the pool that have not begun
  std::uint64_t held_ = 0;        // jobs
  std::uint64_t link_ = 0;        // 0: there is none
  std::uint64_t given_up_ = 0;    // a link from which nothing more is taken
  node_view view_;                // of the link; the rest is filled in by who looks
  std::optional<std::string> leaving_;
  bool left_ = false;
  std::unique_ptr<call_pool> pool_;  // null: the node ends
  sync::mutex sending_;
  std::unique_ptr<messenger> messenger_;  // null: nobody hears what jobs say
  std::size_t text_bytes_max_ = 0;
};

}  // namespace weir::nodes
