#include <weir/actors/sync.hpp>
#include <weir/runtime/flow_output.hpp>

#include <algorithm>
#include <utility>

namespace weir::detail {

namespace {

/// The last calls get this long even if the shutdown budget has been spent on jobs.
constexpr duration finish_min = std::chrono::milliseconds{200};

/// Who has come back from a last call. Shared with the threads that make them, which may be left behind.
struct returns {
  explicit returns(std::size_t n) : done(n, false) {}

  void note(std::size_t i) {
    std::lock_guard guard{mutex};
    done[i] = true;
    changed.notify_all();
  }

  void give_up() {
    std::lock_guard guard{mutex};
    given_up = true;
    changed.notify_all();
  }

  sync::mutex mutex;
  sync::condition_variable changed;
  std::vector<bool> done;
  bool given_up = false;
};

}  // namespace

flow_output::flow_output(std::vector<sink_plan> sinks, const context& run)
    : run_(run), finished_(sinks.size(), false) {
  for (auto& s : sinks) {
    outlets_.push_back(std::make_shared<outlet>(std::move(s.sink), run, sinks.size() > 1 ? s.name : ""));
    names_.push_back(std::move(s.name));
  }
}

std::vector<std::string> flow_output::files() const {
  std::vector<std::string> all;
  for (const auto& o : outlets_)
    for (auto& file : o->files())
      all.push_back(std::move(file));
  return all;
}

void flow_output::open() {
  for (const auto& o : outlets_) {
    o->open();
    if (o->problem())
      return;
  }
}

void flow_output::finish(bool early, const std::function<time_point(time_point)>& rest_by) {
  const auto back = std::make_shared<returns>(outlets_.size());
  std::vector<sync::thread> threads(outlets_.size());
  std::vector<std::size_t> threadless, called;
  for (std::size_t i = 0; i < outlets_.size(); ++i) {
    if (!outlets_[i]->close())
      continue;
    called.push_back(i);
    try {
      threads[i] = sync::thread{[back, i, to = outlets_[i], early] {
        to->finish(early);
        back->note(i);
      }};
    } catch (const std::system_error&) {
      threadless.push_back(i);
    }
  }
  // Without a thread the output is worth more than a bound on the wait for its reader.
  for (const auto i : threadless) {
    outlets_[i]->finish(early);
    back->note(i);
  }
  timer limit;
  const auto watch = run_.on_cancel([&] {
    const auto now = run_.time().now();
    try {
      limit = run_.time().at(std::max(rest_by(now), now + finish_min), [back] { back->give_up(); });
    } catch (const std::system_error&) {
      back->give_up();
    }
  });
  std::unique_lock lock{back->mutex};
  back->changed.wait(lock, [&] {
    return back->given_up || std::all_of(called.begin(), called.end(), [&](auto i) { return back->done[i]; });
  });
  finished_ = back->done;
  lock.unlock();
  for (std::size_t i = 0; i < threads.size(); ++i)
    if (threads[i].joinable())
      finished_[i] ? threads[i].join() : threads[i].detach();
}

std::optional<std::string> flow_output::error() const {
  std::string all;
  for (std::size_t i = 0; i < outlets_.size(); ++i) {
    const auto problem = outlets_[i]->problem();
    if (is(problem, ec::sink_closed) || (!problem && finished_[i]))
      continue;
    all += (all.empty() ? "" : "; ") +
           outlets_[i]->named(problem ? text_of(problem)
                                      : "the output was not taken within the shutdown budget");
  }
  return all.empty() ? std::nullopt : std::optional{all};
}

bool flow_output::reader_gone() const {
  return std::any_of(outlets_.begin(), outlets_.end(),
                     [](const auto& o) { return is(o->problem(), ec::sink_closed); });
}

std::vector<flow_summary::sink_load> flow_output::loads() const {
  std::vector<flow_summary::sink_load> all;
  for (std::size_t i = 0; i < outlets_.size(); ++i)
    all.push_back({names_[i], outlets_[i]->taken()});
  return all;
}

}  // namespace weir::detail
