#include <weir/actors/error.hpp>
#include <weir/actors/sync.hpp>
#include <weir/actors/threads.hpp>

#include <deque>
#include <list>
#include <mutex>
#include <system_error>
#include <vector>

namespace weir {

struct threads::state {
  struct entry {
    sync::thread handle;
    bool ended = false;
  };

  sync::mutex mutex;
  sync::condition_variable work_added;
  sync::condition_variable thread_ended;
  std::deque<std::function<bool()>> waiting;
  std::list<entry> entries;
  std::size_t idle = 0;
  std::size_t alive = 0;
  std::size_t alive_max = 0;
  // Below zero while work has come back before it was said to be written off.
  std::ptrdiff_t written_off = 0;
  bool ending = false;

  void live(entry& own) {
    std::unique_lock lock{mutex};
    for (;;) {
      if (!waiting.empty()) {
        auto work = std::move(waiting.front());
        waiting.pop_front();
        lock.unlock();
        const auto came_back = work();
        work = {};
        lock.lock();
        if (came_back)
          --written_off;
        continue;
      }
      if (ending || idle >= idle_max)
        break;
      ++idle;
      work_added.wait(lock, [&] { return ending || !waiting.empty(); });
      --idle;
    }
    --alive;
    own.ended = true;
    thread_ended.notify_all();
  }

  /// Takes the handles of the threads that have ended, for the caller to join without the lock.
  std::vector<sync::thread> take_ended() {
    std::vector<sync::thread> ended;
    for (auto e = entries.begin(); e != entries.end();) {
      if (!e->ended) {
        ++e;
        continue;
      }
      ended.push_back(std::move(e->handle));
      e = entries.erase(e);
    }
    return ended;
  }
};

namespace {

void join(std::vector<sync::thread> ended) {
  for (auto& t : ended)
    t.join();
}

}  // namespace

threads::threads(std::size_t threads_max) : state_(std::make_shared<state>()) {
  state_->alive_max = threads_max;
}

threads::~threads() {
  std::unique_lock lock{state_->mutex};
  state_->ending = true;
  state_->work_added.notify_all();
  state_->thread_ended.wait(
      lock, [this] { return static_cast<std::ptrdiff_t>(state_->alive) <= state_->written_off; });
  auto ended = state_->take_ended();
  // What is left was written off. Its entries stay: the threads still know them.
  for (auto& e : state_->entries)
    e.handle.detach();
  lock.unlock();
  join(std::move(ended));
}

caf::error threads::run(std::function<bool()> work) {
  // What the work holds is let go without the lock: it may be a stage, which wants to run its end.
  std::function<bool()> refused;
  std::unique_lock lock{state_->mutex};
  state_->waiting.push_back(std::move(work));
  if (state_->waiting.size() <= state_->idle) {
    state_->work_added.notify_one();
    return {};
  }
  const auto take_back = [&] {
    refused = std::move(state_->waiting.back());
    state_->waiting.pop_back();
  };
  if (state_->alive >= state_->alive_max) {
    take_back();
    return make_error(ec::overloaded,
                      "all " + std::to_string(state_->alive_max) + " threads for workers are taken");
  }
  auto& own = state_->entries.emplace_back();
  try {
    // The state is shared with its threads, so that one that was written off may end after it all.
    own.handle = sync::thread{[s = state_, &own] { s->live(own); }};
  } catch (const std::system_error& e) {
    state_->entries.pop_back();
    take_back();
    return make_error(ec::overloaded, std::string{"the system has no thread left for a worker: "} + e.what());
  }
  ++state_->alive;
  auto ended = state_->take_ended();
  lock.unlock();
  join(std::move(ended));
  return {};
}

void threads::run_here(const std::function<bool()>& work) {
  if (!work())
    return;
  std::lock_guard guard{state_->mutex};
  --state_->written_off;
}

void threads::write_off(std::size_t n) {
  // The destructor may be waiting for just this.
  const auto s = state_;
  std::lock_guard guard{s->mutex};
  s->written_off += static_cast<std::ptrdiff_t>(n);
  s->thread_ended.notify_all();
}

}  // namespace weir
