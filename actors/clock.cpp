#include <weir/actors/clock.hpp>
#include <weir/actors/sync.hpp>

#include <map>
#include <mutex>
#include <utility>

namespace weir {

namespace {

/// The calls that are due at some instant, in order of it; a tie keeps the order of registration.
struct due_calls {
  using key = std::pair<time_point, std::uint64_t>;

  struct call {
    std::function<void()> what;
    sync::thread::id runner{};
  };

  sync::mutex mutex;
  sync::condition_variable changed;
  std::map<key, call> due;
  // Several where more than one thread advances a manual clock, or a call does.
  std::map<key, call> running;
  std::uint64_t last_id = 0;

  key add(time_point when, std::function<void()> what) {
    const key k{when, ++last_id};
    due.emplace(k, call{std::move(what)});
    return k;
  }

  /// Makes the first call that is due at `now`. Returns false if none is. `lock` is released
  /// during the call.
  bool run_one(time_point now, std::unique_lock<sync::mutex>& lock) {
    if (due.empty() || due.begin()->first.first > now)
      return false;
    const auto own = running.insert(due.extract(due.begin())).position;
    own->second.runner = sync::this_thread();
    lock.unlock();
    own->second.what();
    // What the call holds is let go before it counts as over, and without the lock: it may have timers.
    own->second.what = nullptr;
    lock.lock();
    running.erase(own);
    changed.notify_all();
    return true;
  }

  /// Takes a call back, or, if it `waits`, waits for its end if it is being made on another thread.
  void revoke(const key& k, bool waits) {
    std::unique_lock lock{mutex};
    if (const auto gone = due.extract(k)) {
      changed.notify_all();
      lock.unlock();
      return;
    }
    if (waits)
      changed.wait(lock, [&] {
        const auto own = running.find(k);
        return own == running.end() || own->second.runner == sync::this_thread();
      });
  }
};

class registered_call final : public timer::registration {
public:
  registered_call(std::shared_ptr<due_calls> calls, const due_calls::key& k)
      : calls_(std::move(calls)), key_(k) {}
  void revoke(bool waits) noexcept override { calls_->revoke(key_, waits); }

private:
  std::shared_ptr<due_calls> calls_;
  due_calls::key key_;
};

timer handle(const std::shared_ptr<due_calls>& calls, const due_calls::key& k) {
  return timer{std::make_unique<registered_call>(calls, k)};
}

class monotonic_clock : public clock {
public:
  time_point now() const noexcept override { return sync::now(); }

  timer at(time_point when, std::function<void()> call) override {
    std::lock_guard guard{calls_->mutex};
    const auto k = calls_->add(when, std::move(call));
    if (!serving_)
      start_serving(k);
    calls_->changed.notify_all();
    return handle(calls_, k);
  }

private:
  /// If the system has no thread left, the call `k` is taken back: a later one may find one again.
  void start_serving(const due_calls::key& k) {
    try {
      sync::thread{[this] { serve(); }}.detach();
      serving_ = true;
    } catch (...) {
      calls_->due.erase(k);
      throw;
    }
  }

  void serve() {
    const auto calls = calls_;
    std::unique_lock lock{calls->mutex};
    while (!calls->due.empty()) {
      if (calls->run_one(now(), lock))
        continue;
      const auto next = calls->due.begin()->first.first;
      calls->changed.wait_until(lock, next);
    }
    serving_ = false;
  }

  std::shared_ptr<due_calls> calls_ = std::make_shared<due_calls>();
  bool serving_ = false;
};

}  // namespace

clock& steady_clock() {
  return sync::of_this_process<monotonic_clock>();
}

clock& control_clock() {
  struct another final : monotonic_clock {};
  return sync::of_this_process<another>();
}

clock& control_clock_for(clock& time) {
  return &time == &steady_clock() ? control_clock() : time;
}

struct manual_clock::state {
  std::shared_ptr<due_calls> calls = std::make_shared<due_calls>();
  time_point now{};
};

manual_clock::manual_clock() : state_(std::make_shared<state>()) {}
manual_clock::~manual_clock() = default;

time_point manual_clock::now() const noexcept {
  std::lock_guard guard{state_->calls->mutex};
  return state_->now;
}

timer manual_clock::at(time_point when, std::function<void()> call) {
  std::lock_guard guard{state_->calls->mutex};
  return handle(state_->calls, state_->calls->add(when, std::move(call)));
}

void manual_clock::advance(duration by) {
  std::unique_lock lock{state_->calls->mutex};
  const auto until = state_->now + by;
  while (!state_->calls->due.empty() && state_->calls->due.begin()->first.first <= until) {
    state_->now = std::max(state_->now, state_->calls->due.begin()->first.first);
    state_->calls->run_one(state_->now, lock);
  }
  // Another thread may have moved it further meanwhile.
  state_->now = std::max(state_->now, until);
}

}  // namespace weir
