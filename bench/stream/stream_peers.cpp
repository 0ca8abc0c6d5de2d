/// Family S, the peers in C++: trivial jobs that one thread submits one at a time, two workers, at most
/// 65,536 inside, each result in its place.

#include <benchmark/benchmark.h>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <caf/actor_pool.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/scoped_execution_unit.hpp>
#include <caf/send.hpp>
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_group.h>

#include <cstdint>
#include <semaphore>
#include <vector>

namespace {

constexpr std::size_t workers = 2;
constexpr std::uint64_t jobs = 1'000'000;
constexpr std::uint64_t capacity = 65'536;

/// CAF's policies, as arguments of benchmarks.
constexpr std::int64_t stealing = 0;
constexpr std::int64_t sharing = 1;

using numbers = std::vector<std::uint64_t>;

std::uint64_t trivial(std::uint64_t x) {
  return x * x + 1;
}

template <class Run>
void measure(benchmark::State& state, Run run) {
  for (auto _ : state) {
    numbers results(jobs);
    run(results);
    for (std::uint64_t i = 0; i < jobs; ++i)
      if (results[i] != trivial(i)) {
        state.SkipWithError("a result is wrong or not in its place");
        return;
      }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * jobs));
}

void asio_thread_pool(benchmark::State& state) {
  measure(state, [](numbers& results) {
    boost::asio::thread_pool pool{workers};
    std::counting_semaphore<> slots{capacity};
    for (std::uint64_t i = 0; i < jobs; ++i) {
      slots.acquire();
      boost::asio::post(pool, [&results, &slots, i] {
        results[i] = trivial(i);
        slots.release();
      });
    }
    pool.join();
  });
}

/// Not bounded, as it has nothing for that.
void tbb_task_group(benchmark::State& state) {
  const tbb::global_control limit{tbb::global_control::max_allowed_parallelism, workers};
  measure(state, [](numbers& results) {
    tbb::task_group group;
    for (std::uint64_t i = 0; i < jobs; ++i)
      group.run([&results, i] { results[i] = trivial(i); });
    group.wait();
  });
}

void tbb_flow_graph(benchmark::State& state) {
  const tbb::global_control limit{tbb::global_control::max_allowed_parallelism, workers};
  using namespace tbb::flow;
  struct result {
    std::uint64_t index;
    std::uint64_t value;
  };
  measure(state, [](numbers& results) {
    graph g;
    std::uint64_t next = 0;
    input_node<std::uint64_t> source{g, [&](tbb::flow_control& control) {
                                       if (next == jobs)
                                         control.stop();
                                       return next++;
                                     }};
    limiter_node<std::uint64_t> limiter{g, capacity};
    function_node<std::uint64_t, result> work{g, workers, [](std::uint64_t x) {
                                                return result{x, trivial(x)};
                                              }};
    sequencer_node<result> in_order{g, [](const result& r) { return r.index; }};
    function_node<result, continue_msg> sink{g, serial, [&](const result& r) {
                                               results[r.index] = r.value;
                                               return continue_msg{};
                                             }};
    make_edge(source, limiter);
    make_edge(limiter, work);
    make_edge(work, in_order);
    make_edge(in_order, sink);
    make_edge(sink, limiter.decrementer());
    source.activate();
    g.wait_for_all();
  });
}

caf::behavior caf_worker() {
  return {[](std::uint64_t x) { return caf::make_message(x, trivial(x)); }};
}

/// One message a job to the workers in turn, one with its result back to the submitter, who lets so many be
/// under way: with more the mailboxes cost memory, and nothing is faster.
template <class Send>
void run_with_actors(caf::scoped_actor& self, numbers& results, Send send) {
  constexpr std::uint64_t window = 1024;
  std::uint64_t sent = 0;
  for (std::uint64_t received = 0; received < jobs; ++received) {
    for (; sent < jobs && sent - received < window; ++sent)
      send(self, sent);
    self->receive([&](std::uint64_t index, std::uint64_t value) { results[index] = value; });
  }
}

/// With the policy `sharing` idle threads do not poll; with CAF's own they do, and more messages pass.
struct actors {
  struct config : caf::actor_system_config {
    explicit config(bool shares) {
      set("scheduler.max-threads", workers);
      if (shares)
        set("scheduler.policy", caf::atom("sharing"));
    }
  };
  explicit actors(bool shares) : settings(shares) {}
  config settings;
  caf::actor_system system{settings};
};

void caf_message_a_job(benchmark::State& state) {
  actors on{state.range(0) == sharing};
  caf::scoped_actor self{on.system};
  const caf::actor all[workers] = {on.system.spawn(caf_worker), on.system.spawn(caf_worker)};
  measure(state, [&](numbers& results) {
    run_with_actors(self, results,
                    [&](caf::scoped_actor& from, std::uint64_t i) { from->send(all[i % workers], i); });
  });
  for (const auto& w : all)
    caf::anon_send_exit(w, caf::exit_reason::user_shutdown);
}

void caf_actor_pool(benchmark::State& state) {
  actors on{state.range(0) == sharing};
  caf::scoped_actor self{on.system};
  caf::scoped_execution_unit context{&on.system};
  const auto pool = caf::actor_pool::make(
      &context, workers, [&] { return on.system.spawn(caf_worker); }, caf::actor_pool::round_robin());
  measure(state, [&](numbers& results) {
    run_with_actors(self, results, [&](caf::scoped_actor& from, std::uint64_t i) { from->send(pool, i); });
  });
  caf::anon_send_exit(pool, caf::exit_reason::user_shutdown);
}

BENCHMARK(asio_thread_pool)->UseRealTime();
BENCHMARK(tbb_task_group)->UseRealTime();
BENCHMARK(tbb_flow_graph)->UseRealTime();
BENCHMARK(caf_message_a_job)->Arg(stealing)->Arg(sharing)->UseRealTime();
BENCHMARK(caf_actor_pool)->Arg(stealing)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
