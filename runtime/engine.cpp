#include <weir/actors/log.hpp>
#include <weir/actors/supervisor.hpp>
#include <weir/runtime/engine.hpp>
#include <weir/runtime/stage_text.hpp>
#include <weir/runtime/try_threads.hpp>

#include <caf/actor_system_config.hpp>

#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace weir {

namespace {

/// After this long the destructor says what it waits for.
constexpr std::chrono::seconds long_wait{5};

/// How long somebody who gets ahead of the actors is held up. They may be waiting for just his thread.
constexpr std::chrono::milliseconds ending_wait{100};

const engine_options& checked(const engine_options& options) {
  if (const auto problem = options.validate())
    throw std::invalid_argument{"engine: " + text_of(problem)};
  return options;
}

/// Those that an actor system starts by itself: its scheduler's clock and its printer.
constexpr std::size_t threads_of_caf = 2;

}  // namespace

struct engine::own_system {
  explicit own_system(const engine_options& options) : system(configure(config, options)) {}

  static caf::actor_system_config& configure(caf::actor_system_config& c, const engine_options& options) {
    if (sync::simulated())
      throw std::logic_error{
          "in a simulation an engine has the actor system of its world: engine{w.system()}"};
    // The default policy lets idle threads poll; without a limit a busy actor starves the others.
    c.set("scheduler.policy", caf::atom("sharing"));
    c.set("scheduler.max-threads", options.message_threads);
    c.set("scheduler.max-throughput", std::size_t{100});
    detail::try_threads(options.message_threads + threads_of_caf, "an engine");
    return c;
  }

  caf::actor_system_config config;
  caf::actor_system system;
};

engine::engine(const engine_options& options)
    : own_(std::make_unique<own_system>(checked(options))), system_(&own_->system) {}

engine::engine(caf::actor_system& existing) : system_(&existing) {}

engine::~engine() {
  for (const auto& t : trees_) {
    const auto end = t.end.lock();
    if (!end || wait_for_end(*end, long_wait))
      continue;
    log()->warn("the engine's destructor waits for \"{}\" to end: pools and streams go before their engine",
                t.name);
    wait_for_end(*end);
  }
}

std::string engine::state_text() const {
  std::vector<std::shared_ptr<const station>> stages;
  {
    std::lock_guard guard{mutex_};
    for (const auto& t : trees_)
      if (auto stage = t.stage.lock(); stage && !stage->at_rest())
        stages.push_back(std::move(stage));
  }
  std::string text;
  for (const auto& stage : stages)
    text += weir::state_text(*stage);
  return text.empty() ? "no stage is open\n" : text;
}

supervisor_actor engine::start(tree_plan plan) {
  plan.pool = &threads_;
  {
    std::lock_guard guard{mutex_};
    std::erase_if(trees_, [](const auto& t) { return t.end.expired(); });
    trees_.push_back({plan.stage->name(), plan.stage, plan.end});
  }
  return start_tree(*system_, std::move(plan));
}

void engine::lend_thread_to(station& stage) noexcept {
  threads_.run_here([&stage] { return stage.serve() == station::lane_end::written_off; });
}

void engine::let_end(std::shared_ptr<tree_end> end) {
  std::unique_lock lock{mutex_};
  ending_.push_back(std::move(end));
  if (ending_.size() <= ending_max)
    return;
  const auto oldest = std::move(ending_.front());
  ending_.pop_front();
  lock.unlock();
  static_cast<void>(wait_for_end(*oldest, ending_wait));
}

}  // namespace weir
