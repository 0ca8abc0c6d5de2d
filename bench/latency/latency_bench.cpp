/// Family C: one job there and back, with a pause in between, and what an idle pool costs.
///   latency_bench WHO p50|p99    prints that percentile of 1,000 jobs, in ns
///   latency_bench WHO idle                  prints the CPU time of two idle seconds, in ns a second

#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>

namespace {

using steady = std::chrono::steady_clock;
using nanoseconds = std::chrono::nanoseconds;

constexpr std::size_t workers = 2;
constexpr std::size_t jobs = 1'000;
constexpr std::chrono::milliseconds pause{1};
constexpr std::chrono::seconds idle_time{2};

std::uint64_t trivial(std::uint64_t x) {
  return x * x + 1;
}

/// Submits one job and waits for its result.
using round_trip = std::function<std::uint64_t(std::uint64_t)>;

round_trip weir_pool() {
  const auto on = std::make_shared<weir::engine>();
  const auto pool = std::make_shared<weir::pool<std::uint64_t, std::uint64_t>>(
      *on, trivial, weir::pool_options{.parallelism = workers, .capacity = 64});
  return [on, pool](std::uint64_t x) -> std::uint64_t {
    auto ticket = pool->submit(weir::context::background(), x);
    if (!ticket)
      return 0;
    const auto answered = ticket->get();
    return answered.result ? *answered.result : 0;
  };
}

round_trip weir_stream() {
  const auto on = std::make_shared<weir::engine>();
  const auto stream = std::make_shared<weir::stream<std::uint64_t, std::uint64_t>>(
      *on, trivial, weir::stream_options{.parallelism = workers, .capacity = 64});
  return [on, stream](std::uint64_t x) -> std::uint64_t {
    if (!stream->submit(weir::context::background(), x))
      return 0;
    const auto next = stream->next();
    return next && next->result ? *next->result : 0;
  };
}

round_trip asio_thread_pool() {
  const auto pool = std::make_shared<boost::asio::thread_pool>(workers);
  return [pool](std::uint64_t x) {
    std::promise<std::uint64_t> result;
    boost::asio::post(*pool, [&result, x] { result.set_value(trivial(x)); });
    return result.get_future().get();
  };
}

struct actors {
  struct config : caf::actor_system_config {
    explicit config(bool shares) {
      if (!shares)
        return;
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", workers);
    }
  };
  explicit actors(bool shares) : settings(shares) {}
  config settings;
  caf::actor_system system{settings};
  caf::scoped_actor self{system};
};

caf::behavior caf_worker() {
  return {[](std::uint64_t x) { return trivial(x); }};
}

round_trip caf_request(bool shares) {
  const auto on = std::make_shared<actors>(shares);
  const auto worker = on->system.spawn(caf_worker);
  return [on, worker](std::uint64_t x) {
    std::uint64_t result = 0;
    on->self->request(worker, caf::infinite, x)
        .receive([&](std::uint64_t value) { result = value; }, [](const caf::error&) {});
    return result;
  };
}

/// Two threads and two condition variables: the least that sleeps.
class one_thread {
public:
  one_thread()
      : thread_([this] {
          std::unique_lock lock{mutex_};
          for (;;) {
            asked_.wait(lock, [this] { return over_ || there_; });
            if (over_)
              return;
            value_ = trivial(value_);
            there_ = false;
            answered_.notify_one();
          }
        }) {}
  ~one_thread() {
    {
      std::lock_guard guard{mutex_};
      over_ = true;
    }
    asked_.notify_one();
    thread_.join();
  }

  std::uint64_t ask(std::uint64_t x) {
    std::unique_lock lock{mutex_};
    value_ = x;
    there_ = true;
    asked_.notify_one();
    answered_.wait(lock, [this] { return !there_; });
    return value_;
  }

private:
  std::mutex mutex_;
  std::condition_variable asked_;
  std::condition_variable answered_;
  bool over_ = false;
  bool there_ = false;
  std::uint64_t value_ = 0;
  std::thread thread_;
};

round_trip plain_thread() {
  const auto thread = std::make_shared<one_thread>();
  return [thread](std::uint64_t x) { return thread->ask(x); };
}

/// Sorted; empty if a result was wrong.
std::vector<nanoseconds> measure(const round_trip& there_and_back) {
  std::vector<nanoseconds> all;
  for (std::size_t i = 0; i < jobs; ++i) {
    std::this_thread::sleep_for(pause);
    const auto begun = steady::now();
    const auto result = there_and_back(i);
    all.push_back(steady::now() - begun);
    if (result != trivial(i))
      return {};
  }
  std::sort(all.begin(), all.end());
  return all;
}

nanoseconds cpu_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& t) {
    return std::chrono::seconds{t.tv_sec} + std::chrono::microseconds{t.tv_usec};
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

/// After some jobs, as whoever has just worked may not be at rest yet. Negative if a result was wrong.
double idle_cost(const round_trip& there_and_back) {
  for (std::size_t i = 0; i < jobs; ++i)
    if (there_and_back(i) != trivial(i))
      return -1;
  std::this_thread::sleep_for(std::chrono::milliseconds{100});
  const auto before = cpu_time();
  std::this_thread::sleep_for(idle_time);
  return static_cast<double>((cpu_time() - before).count()) / static_cast<double>(idle_time.count());
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, std::function<round_trip()>> contestants{
      {"weir", weir_pool},
      {"weir_stream", weir_stream},
      {"asio", asio_thread_pool},
      {"caf_sharing", [] { return caf_request(true); }},
      {"caf_default", [] { return caf_request(false); }},
      {"plain", plain_thread},
  };
  const auto who = contestants.find(argc == 3 ? argv[1] : "");
  const std::string what = argc == 3 ? argv[2] : "";
  if (who == contestants.end() || (what != "p50" && what != "p99" && what != "idle")) {
    std::cerr << "usage: latency_bench weir|weir_stream|asio|caf_sharing|caf_default|plain p50|p99|idle\n";
    return 2;
  }
  const auto there_and_back = who->second();
  if (what == "idle") {
    const auto cost = idle_cost(there_and_back);
    if (cost < 0) {
      std::cerr << "a result is wrong\n";
      return 1;
    }
    std::cout << cost << '\n';
    return 0;
  }
  const auto all = measure(there_and_back);
  if (all.empty()) {
    std::cerr << "a result is wrong\n";
    return 1;
  }
  std::cout << all[what == "p50" ? all.size() / 2 : all.size() * 99 / 100].count() << '\n';
  return 0;
}
