#include <weir/actors/context.hpp>
#include <weir/actors/policy/time.hpp>
#include <weir/actors/sync.hpp>

#include <mutex>

namespace weir {

std::string to_string(const cause& c) {
  if (c.who.empty())
    return c.why;
  return c.why + " (" + c.who + ")";
}

struct context::node : gate {
  explicit node(clock& source) : time(source) {}

  // The cause is stored before the stop is requested, so whoever sees the stop sees the cause.
  void cancel(weir::cause why) {
    {
      std::lock_guard guard{mutex};
      if (reason)
        return;
      reason = std::move(why);
    }
    // A callback may let go of the last handle to this node.
    auto own = stop;
    own.request_stop();
  }

  [[nodiscard]] std::optional<weir::cause> why() {
    std::lock_guard guard{mutex};
    return reason;
  }

  clock& time;
  std::optional<time_point> deadline;
  std::shared_ptr<weir::observer> looks_on;
  sync::mutex mutex;
  std::optional<weir::cause> reason;

  // Keeps the parent's node alive, so that a grandparent's cancel still arrives here.
  std::shared_ptr<node> parent;
  // Declared last: these call into this node and must go first.
  subscription from_parent;
  std::unique_ptr<std::stop_callback<std::function<void()>>> from_token;
  timer at_deadline;
};

context::node& context::state() const noexcept {
  return static_cast<node&>(*node_);
}

context context::background() {
  return background(steady_clock());
}

context context::background(clock& time) {
  return context{std::make_shared<node>(time)};
}

context context::child_of(const context& parent, std::optional<time_point> deadline,
                          std::optional<duration> timeout) {
  auto child = std::make_shared<node>(parent.state().time);
  child->parent = std::static_pointer_cast<node>(parent.node_);
  child->deadline = parent.state().deadline;
  child->looks_on = parent.state().looks_on;
  const auto own = deadline && (!child->deadline || *deadline < *child->deadline);
  if (own)
    child->deadline = deadline;
  // The callbacks hold no reference: each is revoked, or waited for, before the node is gone.
  auto* self = child.get();
  child->from_parent = parent.on_cancel([self] { self->cancel(*self->parent->why()); });
  if (own) {
    const auto left = *deadline - child->time.now();
    const auto limit = timeout.value_or(left);
    if (left <= duration::zero())
      self->cancel({ec::deadline_exceeded, "deadline", "the deadline had passed before the start"});
    else
      child->at_deadline = child->time.at(*deadline, [self, limit] {
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(limit).count();
        self->cancel({ec::deadline_exceeded, "deadline",
                      "the time limit of " + std::to_string(ms) + " ms has passed"});
      });
  }
  return context{std::move(child)};
}

context context::with_cancel(const context& parent) {
  return child_of(parent, std::nullopt);
}

context context::with_deadline(const context& parent, time_point deadline) {
  return child_of(parent, deadline);
}

context context::with_timeout(const context& parent, duration timeout) {
  const auto now = parent.time().now();
  return child_of(parent, policy::after(now, timeout), timeout);
}

context context::with_token(const context& parent, std::stop_token token) {
  auto child = child_of(parent, std::nullopt);
  auto* self = &child.state();
  self->from_token = std::make_unique<std::stop_callback<std::function<void()>>>(std::move(token), [self] {
    self->cancel({ec::canceled, "stop token", "a stop was requested"});
  });
  return child;
}

context context::with_observer(const context& parent, std::shared_ptr<weir::observer> looks_on) {
  auto child = child_of(parent, std::nullopt);
  child.state().looks_on = std::move(looks_on);
  return child;
}

void context::cancel(weir::cause why) const {
  state().cancel(std::move(why));
}

void context::cancel(std::string why) const {
  state().cancel({ec::canceled, "caller", std::move(why)});
}

std::optional<weir::cause> context::why() const {
  return state().why();
}

caf::error context::error() const {
  const auto reason = why();
  return reason ? make_error(reason->code, to_string(*reason)) : caf::error{};
}

bool context::explains(const caf::error& e) const {
  return canceled() && (is(e, ec::canceled) || is(e, ec::deadline_exceeded) || is(e, why()->code));
}

std::optional<time_point> context::deadline() const noexcept {
  return state().deadline;
}

clock& context::time() const noexcept {
  return state().time;
}

const std::shared_ptr<weir::observer>& context::observer() const noexcept {
  return state().looks_on;
}

std::stop_token context::token() const noexcept {
  return node_->stop.get_token();
}

bool context::wait_for(duration timeout) const {
  sync::mutex mutex;
  sync::condition_variable changed;
  auto over = false;
  const auto wake = [&] {
    std::lock_guard guard{mutex};
    over = true;
    changed.notify_all();
  };
  const auto watch = on_cancel(wake);
  const auto now = time().now();
  const auto due = time().at(policy::after(now, timeout), wake);
  std::unique_lock lock{mutex};
  changed.wait(lock, [&] { return over; });
  lock.unlock();
  return canceled();
}

context::subscription context::on_cancel(std::function<void()> call) const {
  return std::make_unique<sync::stop_callback<std::function<void()>>>(sync::to_watch(node_->stop),
                                                                      std::move(call));
}

}  // namespace weir
