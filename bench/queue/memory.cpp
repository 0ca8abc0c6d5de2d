/// Family M: the resident memory of jobs that wait, beyond their own size.

#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>

#include <array>
#include <cstdint>
#include <deque>
#include <fstream>
#include <vector>

#include <unistd.h>

#include "held.hpp"

namespace bench {

template <std::size_t Bytes>
struct job_of {
  std::array<std::uint64_t, Bytes / sizeof(std::uint64_t)> content{};
};

}  // namespace bench

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bench::job_of<8>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bench::job_of<64>)

namespace bench {

namespace {

constexpr std::size_t waiting_jobs = 1 << 20;

/// In bytes.
double resident() {
  std::ifstream in{"/proc/self/statm"};
  double all = 0;
  double resident = 0;
  in >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

template <std::size_t Bytes, class Fill>
double bytes_each(Fill fill) {
  const auto before = resident();
  fill();
  return (resident() - before) / static_cast<double>(waiting_jobs) - static_cast<double>(Bytes);
}

template <std::size_t Bytes>
double memory_of_stream() {
  using job = job_of<Bytes>;
  gate held;
  std::size_t received = 0;
  weir::engine on;
  weir::stream<job, caf::unit_t> s{on, [&](const job&) { held.pass(); },
                                   weir::stream_options{.parallelism = workers, .capacity = waiting_jobs},
                                   [&](const weir::outcome<caf::unit_t>&) { ++received; }};
  const auto each = bytes_each<Bytes>([&] {
    for (std::size_t i = 0; i < waiting_jobs; ++i)
      require(static_cast<bool>(s.try_submit(job{{i}})), "a job was refused");
  });
  held.open();
  s.close();
  s.wait();
  require(received == waiting_jobs, "an outcome is missing");
  return each;
}

template <std::size_t Bytes>
double memory_of_pool() {
  using job = job_of<Bytes>;
  gate held;
  weir::engine on;
  weir::pool<job, caf::unit_t> p{on, [&](const job&) { held.pass(); },
                                 weir::pool_options{.parallelism = workers, .capacity = waiting_jobs}};
  std::vector<weir::ticket<caf::unit_t>> tickets;
  tickets.reserve(waiting_jobs);
  const auto each = bytes_each<Bytes>([&] {
    for (std::size_t i = 0; i < waiting_jobs; ++i)
      tickets.push_back(std::move(*p.try_submit(job{{i}})));
  });
  held.open();
  for (auto& t : tickets)
    require(t.get().completed(), "a job did not complete");
  return each;
}

template <std::size_t Bytes>
double memory_of_asio() {
  gate held;
  boost::asio::thread_pool pool{workers};
  const auto each = bytes_each<Bytes>([&] {
    for (std::size_t i = 0; i < waiting_jobs; ++i)
      boost::asio::post(pool, [&held, j = job_of<Bytes>{{i}}] {
        static_cast<void>(j);
        held.pass();
      });
  });
  held.open();
  pool.join();
  require(held.passed() == waiting_jobs, "a job did not run");
  return each;
}

template <std::size_t Bytes>
double memory_of_flow_graph() {
  using job = job_of<Bytes>;
  const tbb::global_control limit{tbb::global_control::max_allowed_parallelism, workers};
  gate held;
  tbb::flow::graph g;
  tbb::flow::function_node<job> work{g, workers, [&](const job&) { held.pass(); }};
  const auto each = bytes_each<Bytes>([&] {
    for (std::size_t i = 0; i < waiting_jobs; ++i)
      require(work.try_put(job{{i}}), "a job was refused");
  });
  held.open();
  g.wait_for_all();
  require(held.passed() == waiting_jobs, "a job did not run");
  return each;
}

/// In the mailbox of one actor, as it has no queue that several share.
template <std::size_t Bytes>
double memory_of_caf() {
  gate held;
  caf::actor_system_config config;
  config.set("scheduler.max-threads", workers);
  caf::actor_system system{config};
  const auto worker = system.spawn([&held](caf::event_based_actor* self) -> caf::behavior {
    return {[&held, self](const job_of<Bytes>&) {
      held.pass();
      if (held.passed() == waiting_jobs)
        self->quit();
    }};
  });
  const auto each = bytes_each<Bytes>([&] {
    for (std::size_t i = 0; i < waiting_jobs; ++i)
      caf::anon_send(worker, job_of<Bytes>{{i}});
  });
  held.open();
  system.await_all_actors_done();
  return each;
}

template <std::size_t Bytes>
double memory_of_deque() {
  std::deque<job_of<Bytes>> jobs;
  const auto each = bytes_each<Bytes>([&] {
    for (std::size_t i = 0; i < waiting_jobs; ++i)
      jobs.push_back({{i}});
  });
  for (std::size_t i = 0; i < waiting_jobs; ++i)
    require(jobs[i].content[0] == i, "a job is not in its place");
  return each;
}

template <std::size_t Bytes>
double memory_of(const std::string& who) {
  return who == "stream"       ? memory_of_stream<Bytes>()
         : who == "pool"       ? memory_of_pool<Bytes>()
         : who == "asio"       ? memory_of_asio<Bytes>()
         : who == "caf"        ? memory_of_caf<Bytes>()
         : who == "flow_graph" ? memory_of_flow_graph<Bytes>()
         : who == "deque"      ? memory_of_deque<Bytes>()
                               : throw std::runtime_error{"who?"};
}

}  // namespace

double memory(const std::string& who, std::size_t bytes) {
  return bytes == 64 ? memory_of<64>(who) : memory_of<8>(who);
}

}  // namespace bench
