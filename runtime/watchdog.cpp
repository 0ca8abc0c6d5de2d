#include <weir/actors/log.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/short_text.hpp>
#include <weir/runtime/stage_text.hpp>
#include <weir/runtime/watchdog.hpp>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <utility>

namespace weir {

struct watchdog::state : std::enable_shared_from_this<state> {
  state(clock& clock_given, report_function to) : time(clock_given), report(std::move(to)) {}

  struct watched {
    std::weak_ptr<const station> stage;
    policy::stall progress;
  };

  void look();
  void arm();

  clock& time;
  const report_function report;
  std::vector<watched> all;  // of whoever looks

  sync::mutex mutex;
  bool over = false;
  timer next;
};

void watchdog::state::look() {
  duration longest{};
  std::string text;
  for (auto& w : all) {
    const auto stage = w.stage.lock();
    if (!stage)
      continue;
    if (const auto still = w.progress.observe(time.now(), stage->sight())) {
      longest = std::max(longest, *still);
      text += state_text(*stage);
    }
  }
  if (!text.empty()) {
    text.pop_back();
    report("no job has begun or ended for " + short_text(longest) + ":\n" + text);
  }
  arm();
}

void watchdog::state::arm() {
  std::lock_guard guard{mutex};
  if (over || all.empty())
    return;
  try {
    next = time.at(time.now() + all.front().progress.look_every(), [self = weak_from_this()] {
      if (const auto s = self.lock())
        s->look();
    });
  } catch (const std::system_error&) {
    // Without a thread for the clock nothing is watched.
  }
}

watchdog::watchdog(clock& time, std::optional<duration> limit, const stages& watched, report_function report)
    : state_(std::make_shared<state>(time, std::move(report))) {
  for (const auto& s : watched)
    state_->all.push_back({s, policy::stall{limit, time.now()}});
  state_->arm();
}

watchdog::~watchdog() {
  timer last;
  std::lock_guard guard{state_->mutex};
  state_->over = true;
  last = std::exchange(state_->next, {});
}

void watchdog::log_report(const std::string& text) {
  log()->warn("{}", text);
}

}  // namespace weir
