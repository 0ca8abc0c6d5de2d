/// Family B: jobs of 1, 10 and 100 µs and of a heavy-tailed mix, two workers.
///   work_bench CONTESTANT MIX    prints its time as a multiple of the ideal
/// The ideal is the time of the same jobs on one plain thread, halved. Each process measures it by itself,
/// before the run that is timed: from one process to the next the speed of a processor varies by as much
/// as the few percent that this family is about.

#include <weir/runtime/parallel_map.hpp>
#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_group.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../support/mix.hpp"

namespace {

constexpr std::size_t workers = 2;
constexpr std::size_t capacity = 1024;

using numbers = std::vector<std::uint64_t>;

/// What all contestants do: job i is churned for so many rounds, and its result put into its place.
struct load {
  numbers lengths;
  numbers results = numbers(lengths.size());

  void run(std::size_t i) { results[i] = bench::churn(i, lengths[i]); }
  [[nodiscard]] std::size_t size() const { return lengths.size(); }
};

using contestant = std::function<void(load&)>;

double seconds_of(const std::function<void()>& run) {
  const auto begun = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>{std::chrono::steady_clock::now() - begun}.count();
}

/// The time of a run as a multiple of the ideal, after a run that is not timed. Both begin with empty places,
/// so that a result that does not come is not taken for that of the run before.
double multiple_of_ideal(const contestant& run, const std::string& mix) {
  const load empty{bench::lengths_of(mix)};
  auto warm = empty;
  run(warm);
  auto alone = empty;
  const auto ideal = seconds_of([&] {
                       for (std::size_t i = 0; i < alone.size(); ++i)
                         alone.run(i);
                     }) /
                     workers;
  auto jobs = empty;
  const auto taken = seconds_of([&] { run(jobs); });
  if (warm.results != alone.results || jobs.results != alone.results)
    throw std::runtime_error{"a result is missing, wrong or not in its place"};
  return taken / ideal;
}

contestant static_split() {
  return [](load& jobs) {
    const auto part = [&](std::size_t first, std::size_t last) {
      for (auto i = first; i < last; ++i)
        jobs.run(i);
    };
    std::thread lower{part, 0, jobs.size() / 2};
    std::thread upper{part, jobs.size() / 2, jobs.size()};
    lower.join();
    upper.join();
  };
}

contestant weir_parallel_map() {
  const auto on = std::make_shared<weir::engine>();
  return [on](load& jobs) {
    numbers indices(jobs.size());
    std::iota(indices.begin(), indices.end(), 0);
    const auto done = weir::parallel_map(*on, weir::context::background(), indices,
                                         [&](std::uint64_t i) { jobs.run(i); }, {.parallelism = workers});
    if (!done)
      throw std::runtime_error{weir::text_of(done.error())};
  };
}

contestant weir_stream() {
  const auto on = std::make_shared<weir::engine>();
  return [on](load& jobs) {
    const auto ctx = weir::context::background();
    std::uint64_t turn = 0;
    weir::stream<std::uint64_t, std::uint64_t> s{
        *on, [&](std::uint64_t i) { return bench::churn(i, jobs.lengths[i]); },
        weir::stream_options{.parallelism = workers, .capacity = capacity},
        [&](const weir::outcome<std::uint64_t>& o) {
          if (o.index == turn++ && o.result)  // else its place stays empty
            jobs.results[o.index] = *o.result;
        }};
    for (std::uint64_t i = 0; i < jobs.size(); ++i)
      static_cast<void>(s.submit(ctx, i));
    s.close();
    s.wait();
  };
}

/// The submitter holds up to as many tickets as the pool has slots and takes the oldest first.
contestant weir_pool() {
  const auto on = std::make_shared<weir::engine>();
  return [on](load& jobs) {
    const auto ctx = weir::context::background();
    weir::pool<std::uint64_t, std::uint64_t> pool{
        *on, [&](std::uint64_t i) { return bench::churn(i, jobs.lengths[i]); },
        weir::pool_options{.parallelism = workers, .capacity = capacity}};
    std::deque<weir::ticket<std::uint64_t>> held;
    const auto take_oldest = [&] {
      const auto o = held.front().get();
      held.pop_front();
      if (o.result)
        jobs.results[o.index] = *o.result;
    };
    for (std::uint64_t i = 0; i < jobs.size(); ++i) {
      if (held.size() == capacity)
        take_oldest();
      if (auto admitted = pool.submit(ctx, i))
        held.push_back(std::move(*admitted));
    }
    while (!held.empty())
      take_oldest();
  };
}

contestant asio_thread_pool() {
  return [](load& jobs) {
    boost::asio::thread_pool pool{workers};
    std::counting_semaphore<> slots{capacity};
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      slots.acquire();
      boost::asio::post(pool, [&jobs, &slots, i] {
        jobs.run(i);
        slots.release();
      });
    }
    pool.join();
  };
}

tbb::global_control threads(std::size_t n) {
  return {tbb::global_control::max_allowed_parallelism, n};
}

template <class Partitioner>
contestant tbb_over_range() {
  return [](load& jobs) {
    const auto limit = threads(workers);
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>{0, jobs.size()},
        [&](const auto& range) {
          for (auto i = range.begin(); i != range.end(); ++i)
            jobs.run(i);
        },
        Partitioner{});
  };
}

contestant tbb_task_group() {
  return [](load& jobs) {
    const auto limit = threads(workers);
    tbb::task_group group;
    for (std::size_t i = 0; i < jobs.size(); ++i)
      group.run([&jobs, i] { jobs.run(i); });
    group.wait();
  };
}

/// The submitter can't help while it waits for a slot, so that there are two workers beside it.
contestant tbb_task_group_bounded() {
  return [](load& jobs) {
    const auto limit = threads(workers + 1);
    std::counting_semaphore<> slots{capacity};
    tbb::task_group group;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      slots.acquire();
      group.run([&, i] {
        jobs.run(i);
        slots.release();
      });
    }
    group.wait();
  };
}

struct numbered {
  std::uint64_t index;
  std::uint64_t value;
};

/// The source is asked for the next job once the limiter has room; results are taken in order.
contestant tbb_flow_graph() {
  return [](load& jobs) {
    const auto limit = threads(workers);
    using namespace tbb::flow;
    graph g;
    std::uint64_t next = 0;
    std::uint64_t taken = 0;
    input_node<std::uint64_t> source{g, [&](tbb::flow_control& control) {
                                       if (next == jobs.size()) {
                                         control.stop();
                                         return std::uint64_t{0};
                                       }
                                       return next++;
                                     }};
    limiter_node<std::uint64_t> limiter{g, capacity};
    function_node<std::uint64_t, numbered> work{g, workers, [&](std::uint64_t i) {
                                                  return numbered{i, bench::churn(i, jobs.lengths[i])};
                                                }};
    sequencer_node<numbered> in_order{g, [](const numbered& n) { return n.index; }};
    function_node<numbered> take{g, serial, [&](const numbered& n) {
                                   jobs.results[taken++] = n.value;
                                   return continue_msg{};
                                 }};
    make_edge(source, limiter);
    make_edge(limiter, work);
    make_edge(work, in_order);
    make_edge(in_order, take);
    make_edge(take, limiter.decrementer());
    source.activate();
    g.wait_for_all();
  };
}

const std::map<std::string, contestant (*)()> contestants{
    {"weir_parallel_map", weir_parallel_map},
    {"weir_stream", weir_stream},
    {"weir_pool", weir_pool},
    {"asio_thread_pool", asio_thread_pool},
    {"tbb_parallel_for", tbb_over_range<tbb::auto_partitioner>},
    {"tbb_simple_partitioner", tbb_over_range<tbb::simple_partitioner>},
    {"tbb_task_group", tbb_task_group},
    {"tbb_task_group_bounded", tbb_task_group_bounded},
    {"tbb_flow_graph", tbb_flow_graph},
    {"static_split", static_split},
};

}  // namespace

int main(int argc, char** argv) try {
  const auto who = contestants.find(argc == 3 ? argv[1] : "");
  if (who == contestants.end()) {
    std::cerr << "usage: work_bench CONTESTANT 1|10|100|tail\n";
    return 2;
  }
  std::cout << multiple_of_ideal(who->second(), argv[2]) << '\n';
  return 0;
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
