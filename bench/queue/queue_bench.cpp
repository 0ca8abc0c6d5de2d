/// Families M, R and X: jobs that wait behind two workers which are held.
///   queue_bench memory WHO BYTES   prints what each of 1 Mi waiting jobs of 8 or 64 bytes takes beside those
///   queue_bench refuse WHO         prints the nanoseconds of an offer that is refused
///   queue_bench cancel WHO JOBS    prints the nanoseconds from the cancel until every outcome is there

#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <latch>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t workers = 2;
constexpr std::size_t waiting_jobs = 1 << 20;
constexpr std::size_t offers = 1'000'000;
constexpr std::size_t full_at = 64;

void require(bool holds, const char* what) {
  if (!holds)
    throw std::runtime_error{what};
}

template <std::size_t Bytes>
struct job_of {
  std::array<std::uint64_t, Bytes / sizeof(std::uint64_t)> content{};
};

/// In bytes.
double resident() {
  std::ifstream in{"/proc/self/statm"};
  double all = 0;
  double resident = 0;
  in >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

/// Holds whoever comes until it opens, and counts who has passed.
class gate {
public:
  void pass() {
    open_.wait();
    passed_.fetch_add(1, std::memory_order_relaxed);
  }
  void open() { open_.count_down(); }
  [[nodiscard]] std::size_t passed() const { return passed_; }

private:
  std::latch open_{1};
  std::atomic<std::size_t> passed_{0};
};

weir::pool_options pool_of(std::size_t capacity) {
  return {.parallelism = workers, .capacity = capacity};
}
weir::stream_options stream_of(std::size_t capacity) {
  return {.parallelism = workers, .capacity = capacity};
}

// -- memory -----------------------------------------------------------------------------------------

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
  weir::stream<job, caf::unit_t> s{on, [&](const job&) { held.pass(); }, stream_of(waiting_jobs),
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
  weir::pool<job, caf::unit_t> p{on, [&](const job&) { held.pass(); }, pool_of(waiting_jobs)};
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

template <std::size_t Bytes>
double memory_of_deque() {
  std::deque<job_of<Bytes>> jobs;
  return bytes_each<Bytes>([&] {
    for (std::size_t i = 0; i < waiting_jobs; ++i)
      jobs.push_back({{i}});
  });
}

template <std::size_t Bytes>
double memory(const std::string& who) {
  return who == "stream"       ? memory_of_stream<Bytes>()
         : who == "pool"       ? memory_of_pool<Bytes>()
         : who == "asio"       ? memory_of_asio<Bytes>()
         : who == "flow_graph" ? memory_of_flow_graph<Bytes>()
         : who == "deque"      ? memory_of_deque<Bytes>()
                               : throw std::runtime_error{"who?"};
}

// -- refusal ----------------------------------------------------------------------------------------

template <class Offer>
double ns_each(Offer offer) {
  const auto begun = steady::now();
  for (std::size_t i = 0; i < offers; ++i)
    require(!offer(i), "an offer was not refused");
  return std::chrono::duration<double, std::nano>(steady::now() - begun).count() / offers;
}

/// Fills it, then offers; a refusal is one only if it says why and hands the job back.
template <class Stage>
double refusals_of(Stage& full) {
  while (full.try_submit(0)) {
  }
  return ns_each([&](std::size_t i) {
    auto tried = full.try_submit(i);
    require(!tried && weir::is(tried.error(), weir::ec::overloaded) && tried.job() == i, "not refused so");
    return false;
  });
}

double refuse(const std::string& who) {
  gate held;
  const auto hold = [&](std::size_t x) { return held.pass(), x; };
  double each = 0;
  if (who == "pool") {
    weir::engine on;
    weir::pool<std::size_t, std::size_t> p{on, hold, pool_of(full_at)};
    each = refusals_of(p);
    held.open();
  } else if (who == "stream") {
    weir::engine on;
    weir::stream<std::size_t, std::size_t> s{on, hold, stream_of(full_at),
                                             [](const weir::outcome<std::size_t>&) {}};
    each = refusals_of(s);
    held.open();
  } else if (who == "deque") {
    std::mutex mutex;
    std::deque<std::size_t> jobs(full_at);
    each = ns_each([&](std::size_t i) {
      const std::lock_guard guard{mutex};
      if (jobs.size() == full_at)
        return false;
      jobs.push_back(i);
      return true;
    });
  } else {
    throw std::runtime_error{"who?"};
  }
  return each;
}

// -- cancel -----------------------------------------------------------------------------------------

/// A job that goes on until it is canceled.
caf::error until_canceled(const weir::context& ctx, std::size_t) {
  static_cast<void>(ctx.wait_for(std::chrono::hours{1}));
  return ctx.error();
}

double ns_since(steady::time_point begun) {
  return std::chrono::duration<double, std::nano>(steady::now() - begun).count();
}

double cancel(const std::string& who, std::size_t n) {
  weir::engine on;
  if (who == "stream") {
    std::size_t canceled = 0;
    weir::stream<std::size_t, caf::unit_t> s{on, until_canceled, stream_of(n),
                                             [&](const weir::outcome<caf::unit_t>& o) {
                                               canceled += o.kind == weir::outcome_kind::canceled ? 1 : 0;
                                             }};
    for (std::size_t i = 0; i < n; ++i)
      require(static_cast<bool>(s.try_submit(i)), "a job was refused");
    const auto begun = steady::now();
    s.cancel();
    s.wait();
    const auto took = ns_since(begun);
    require(canceled == n, "an outcome is missing");
    return took;
  }
  require(who == "pool", "who?");
  weir::pool<std::size_t, caf::unit_t> p{on, until_canceled, pool_of(n)};
  std::vector<weir::ticket<caf::unit_t>> tickets;
  tickets.reserve(n);
  for (std::size_t i = 0; i < n; ++i)
    tickets.push_back(std::move(*p.try_submit(i)));
  const auto begun = steady::now();
  p.cancel();
  static_cast<void>(p.drain(std::chrono::hours{1}));
  const auto took = ns_since(begun);
  for (auto& t : tickets)
    require(t.ready() && t.get().kind == weir::outcome_kind::canceled, "a job was not canceled");
  return took;
}

double run(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  if (what == "refuse" && argc == 3)
    return refuse(argv[2]);
  if (what == "memory" && argc == 4)
    return argv[3] == std::string{"64"} ? memory<64>(argv[2]) : memory<8>(argv[2]);
  if (what == "cancel" && argc == 4)
    return cancel(argv[2], std::strtoul(argv[3], nullptr, 10));
  throw std::runtime_error{"usage: queue_bench memory WHO 8|64, refuse WHO or cancel WHO JOBS"};
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::cout << run(argc, argv) << '\n';
    return 0;
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
