#include <weir/runtime/flow_account.hpp>
#include <weir/runtime/launcher/place.hpp>

#include <utility>

namespace weir::detail {

namespace {

constexpr std::size_t name_bytes_shown = 120;

}  // namespace

void flow_account::passed() {
  live_completed_.fetch_add(1, std::memory_order_relaxed);
  if (halt_.counts_completed())
    halt_.observe(live_completed_.load(), live_failed_.load(), "its count was reached");
}

void flow_account::failed(const flow_failure& f) {
  live_failed_.fetch_add(1, std::memory_order_relaxed);
  {
    std::lock_guard guard{mutex_};
    if (!root_)
      root_ = f;
  }
  halt_.observe(live_completed_.load(), live_failed_.load(),
                "item " + config::quoted(f.name, name_bytes_shown) + " failed: " + f.text);
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
  // What was refused before its first attempt took no time.
  if (run_time > duration::zero())
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
