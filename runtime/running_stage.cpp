#include <weir/actors/supervisor.hpp>
#include <weir/runtime/running_stage.hpp>

#include <stdexcept>

namespace weir {

namespace {

const pool_options& checked(const pool_options& options) {
  if (const auto problem = options.validate())
    throw std::invalid_argument{options.name + ": " + text_of(problem)};
  return options;
}

station_options complete(station_options more, const pool_options& options) {
  more.name = options.name;
  more.capacity = options.slots();
  more.halt = options.on_error;
  more.retry = options.retry;
  more.retry_if = options.retry_if;
  more.timeouts = options.timeouts;
  return more;
}

}  // namespace

running_stage::running_stage(engine& on, const pool_options& options, const context& parent,
                             station_options more, const std::function<delivery(station&)>& make_delivery)
    : options_(checked(options)),
      station_(std::make_shared<station>(complete(std::move(more), options), parent)),
      end_(std::make_shared<tree_end>()) {
  tree_plan plan;
  plan.stage = station_;
  plan.parallelism = options.parallelism;
  if (make_delivery)
    plan.deliver = make_delivery(*station_);
  delivers_ = static_cast<bool>(plan.deliver);
  plan.end = end_;
  supervisor_ = on.start(std::move(plan));
  if (options.stall_after)
    watchdog_.emplace(station_->ctx().time(), options.stall_after, watchdog::stages{station_});
}

void running_stage::finish() {
  if (!station_->at_rest())
    station_->ctx().cancel({ec::canceled, "owner", options_.name + " was destroyed"});
  end_within(options_.shutdown_budget);
}

void running_stage::close() {
  station_->close(make_error(ec::closed, options_.name + " takes no more jobs"));
}

shutdown_report running_stage::drain(duration budget) {
  std::optional<wait_entry> entry;
  if (budget == duration::max()) {
    entry.emplace(awaited{awaited::what_t::rest, station_->id()});
    if (entry->problem())
      throw thrown_error{entry->problem()};
  }
  return end_within(budget);
}

void running_stage::begin_drain(duration budget) {
  stop_tree(*station_, *end_, budget);
}

shutdown_report running_stage::end_within(duration budget) {
  begin_drain(budget);
  std::unique_lock lock{end_->mutex};
  end_->changed.wait(lock, [this] { return end_->reached; });
  return {station_->look().books, end_->stragglers};
}

void running_stage::cancel(std::string why) {
  station_->ctx().cancel({ec::canceled, "caller", std::move(why)});
}

caf::error running_stage::resize(std::size_t parallelism, std::size_t capacity) {
  auto wanted = options_;
  wanted.parallelism = parallelism;
  wanted.capacity = capacity;
  if (auto problem = wanted.validate())
    return problem;
  std::lock_guard guard{resize_mutex_};
  station_->entrance().resize(wanted.slots());
  tell(supervisor_, resize_tag::value, static_cast<std::uint64_t>(parallelism));
  return {};
}

}  // namespace weir
