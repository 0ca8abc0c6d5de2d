#include <weir/runtime/flow_account.hpp>

#include <utility>

namespace weir::detail {

flow_account::flow_account(policy::halt_rule rule, std::function<void(const flow_failure&)> on_failure,
                           std::function<void(policy::halt::decision, const cause&)> halt)
    : rule_(rule), on_failure_(std::move(on_failure)), on_halt_(std::move(halt)), halt_(rule) {}

void flow_account::passed() {
  live_completed_.fetch_add(1, std::memory_order_relaxed);
  if (rule_.counts_completed())
    observe(nullptr);
}

void flow_account::failed(const flow_failure& f) {
  live_failed_.fetch_add(1, std::memory_order_relaxed);
  observe(&f);
}

void flow_account::observe(const flow_failure* newest) {
  auto decision = policy::halt::decision::go_on;
  {
    std::lock_guard guard{mutex_};
    if (newest && !root_)
      root_ = *newest;
    if (halt_.watches())
      decision = halt_.observe(live_completed_.load(), live_failed_.load());
  }
  if (decision == policy::halt::decision::go_on)
    return;
  on_halt_(decision, {ec::canceled, "halt",
                      "rule \"" + to_string(rule_) + "\": " +
                          (newest ? newest->name + " failed: " + newest->text : "its count was reached")});
}

void flow_account::count_completed(duration run_time) {
  std::lock_guard guard{mutex_};
  ++ended_.completed;
  run_times_.add(run_time);
}

void flow_account::count_failed(flow_failure f, duration run_time) {
  if (on_failure_)
    on_failure_(f);
  std::lock_guard guard{mutex_};
  ++ended_.failed;
  run_times_.add(run_time);
  // On its lane the time of the first failure was not known yet.
  if (root_ && root_->index == f.index)
    root_ = f;
  if (failures_.size() < flow_summary::failures_kept_max)
    failures_.push_back(std::move(f));
}

void flow_account::count_canceled() {
  std::lock_guard guard{mutex_};
  ++ended_.canceled;
}

void flow_account::count_dropped() {
  live_dropped_.fetch_add(1, std::memory_order_relaxed);
  count_canceled();
}

void flow_account::name_straggler(std::string name) {
  std::lock_guard guard{mutex_};
  stragglers_.push_back(std::move(name));
}

void flow_account::close(flow_summary& into) const {
  std::lock_guard guard{mutex_};
  into.books.completed = ended_.completed;
  into.books.failed = ended_.failed;
  into.books.canceled = into.books.admitted - ended_.completed - ended_.failed;
  into.dropped = live_dropped_.load();
  into.run_p50 = run_times_.quantile(0.5);
  into.run_p99 = run_times_.quantile(0.99);
  into.failures = failures_;
  into.root_error = root_;
  into.stragglers = stragglers_;
}

}  // namespace weir::detail
