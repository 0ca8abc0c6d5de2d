#pragma once

/// Cancellation, its cause and a deadline, in a tree: a parent cancels its children, never the
/// reverse. A `context` is a small handle; copies name the same node. The node lives as long as a
/// handle to it; dropping the last one cancels nothing.
///
/// Invariants: a node is canceled at most once and keeps its first cause; a child's deadline is
/// never later than its parent's; a canceled parent's children carry the parent's cause.
/// All members are thread-safe. `canceled()` costs one atomic load.

#include <weir/actors/clock.hpp>
#include <weir/actors/error.hpp>
#include <weir/actors/observer.hpp>
#include <weir/actors/sync.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace weir {

/// Why something was canceled.
struct cause {
  ec code = ec::canceled;  ///< `canceled`, `deadline_exceeded`, or the code of the failure behind it
  std::string who;         ///< the part that asked: "caller", "signal", "halt", "deadline", …
  std::string why;         ///< one sentence: "SIGINT", "job 7 failed: …"
};

/// "why (who)", for messages.
[[nodiscard]] std::string to_string(const cause& c);

class context {
public:
  /// A root that is never canceled, on the process's monotonic clock.
  [[nodiscard]] static context background();

  /// A root that is never canceled, on `time`, which must outlive every context made from it.
  [[nodiscard]] static context background(clock& time);

  /// A child that can be canceled by itself.
  [[nodiscard]] static context with_cancel(const context& parent);

  /// A child that is canceled with `ec::deadline_exceeded` at the earlier of `deadline` and the
  /// parent's own.
  [[nodiscard]] static context with_deadline(const context& parent, time_point deadline);

  /// `with_deadline` at now + `timeout`.
  [[nodiscard]] static context with_timeout(const context& parent, duration timeout);

  /// A child that is canceled when a stop is requested through `token`.
  [[nodiscard]] static context with_token(const context& parent, std::stop_token token);

  /// A child in which `looks_on` is told of what runs; its own children inherit that.
  [[nodiscard]] static context with_observer(const context& parent, std::shared_ptr<weir::observer> looks_on);

  /// Cancels this node and everything below it. The first cause stays; later calls do nothing, and may return
  /// before the first one has had its effect.
  /// Runs the callbacks of `on_cancel` on this thread; at a deadline that is the clock's, and in a
  /// shutdown one that carries messages. So they must be short.
  void cancel(cause why) const;

  /// `cancel` with the caller as "who".
  void cancel(std::string why = "canceled by the caller") const;

  [[nodiscard]] bool canceled() const noexcept { return node_->stop.stop_requested(); }

  /// The cause, once canceled.
  [[nodiscard]] std::optional<weir::cause> why() const;

  /// The cause as an error, ready to be returned by a task; no error while not canceled.
  [[nodiscard]] caf::error error() const;

  /// Whether `e` says that its task gave up because of this context: it has been canceled, and `e` is
  /// a cancel, a passed deadline, or the failure behind the cancel.
  [[nodiscard]] bool explains(const caf::error& e) const;

  [[nodiscard]] std::optional<time_point> deadline() const noexcept;

  [[nodiscard]] clock& time() const noexcept;

  /// Who is told of what runs in this context; null: nobody.
  [[nodiscard]] const std::shared_ptr<weir::observer>& observer() const noexcept;

  /// A token that is stopped when this context is canceled.
  [[nodiscard]] std::stop_token token() const noexcept;

  /// Waits until `timeout` has passed or the context is canceled; true if it was canceled.
  /// Blocks the calling thread.
  [[nodiscard]] bool wait_for(duration timeout) const;

  /// Calls `call` once when the context is canceled; at once if it already is. It must neither block
  /// nor throw. The returned stop callback revokes it when destroyed.
  using subscription = std::unique_ptr<sync::stop_callback<std::function<void()>>>;
  [[nodiscard]] subscription on_cancel(std::function<void()> call) const;

private:
  struct gate {
    sync::stop_source stop;
  };
  struct node;
  explicit context(std::shared_ptr<gate> n) : node_(std::move(n)) {}
  [[nodiscard]] node& state() const noexcept;
  static context child_of(const context& parent, std::optional<time_point> deadline,
                          std::optional<duration> timeout = {});

  std::shared_ptr<gate> node_;  // always a `node`
};

}  // namespace weir
