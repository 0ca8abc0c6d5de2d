/// Family R: an offer that is refused because the queue behind the held workers is full.

#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>

#include <deque>
#include <mutex>

#include "held.hpp"

namespace bench {

namespace {

constexpr std::size_t offers = 1'000'000;
constexpr std::size_t full_at = 64;

template <class Offer>
double ns_each(Offer offer) {
  const auto begun = steady::now();
  for (std::size_t i = 0; i < offers; ++i)
    require(!offer(i), "an offer was not refused");
  return ns_since(begun) / offers;
}

/// Fills it, then offers; a refusal is one only if it says why and hands the job back.
template <class Stage>
double refusals_of_stage(Stage& full, gate& held) {
  while (full.try_submit(0)) {
  }
  const auto each = ns_each([&](std::size_t i) {
    auto tried = full.try_submit(i);
    require(!tried && weir::is(tried.error(), weir::ec::overloaded) && tried.job() == i, "not refused so");
    return false;
  });
  held.open();
  return each;
}

double refusals_of_pool() {
  gate held;
  weir::engine on;
  weir::pool<std::size_t, caf::unit_t> p{on, [&](std::size_t) { held.pass(); },
                                         weir::pool_options{.parallelism = workers, .capacity = full_at}};
  return refusals_of_stage(p, held);
}

double refusals_of_stream() {
  gate held;
  weir::engine on;
  weir::stream<std::size_t, caf::unit_t> s{on, [&](std::size_t) { held.pass(); },
                                           weir::stream_options{.parallelism = workers, .capacity = full_at},
                                           [](const weir::outcome<caf::unit_t>&) {}};
  return refusals_of_stage(s, held);
}

/// With a counter: `std::counting_semaphore::try_acquire` of libstdc++ 12 spins and yields before it refuses.
double refusals_of_asio() {
  gate held;
  boost::asio::thread_pool pool{workers};
  std::atomic<std::size_t> inside{0};
  const auto offer = [&](std::size_t) {
    if (inside >= full_at)
      return false;
    ++inside;
    boost::asio::post(pool, [&] {
      held.pass();
      --inside;
    });
    return true;
  };
  while (offer(0)) {
  }
  const auto each = ns_each(offer);
  held.open();
  pool.join();
  return each;
}

double refusals_of_flow_graph() {
  using namespace tbb::flow;
  const tbb::global_control limit{tbb::global_control::max_allowed_parallelism, workers};
  gate held;
  graph g;
  limiter_node<std::size_t> limiter{g, full_at};
  function_node<std::size_t, continue_msg> work{g, workers, [&](std::size_t) {
                                                  held.pass();
                                                  return continue_msg{};
                                                }};
  make_edge(limiter, work);
  make_edge(work, limiter.decrementer());
  while (limiter.try_put(0)) {
  }
  const auto each = ns_each([&](std::size_t i) { return limiter.try_put(i); });
  held.open();
  g.wait_for_all();
  return each;
}

double refusals_of_deque() {
  std::mutex mutex;
  std::deque<std::size_t> jobs(full_at);
  return ns_each([&](std::size_t i) {
    const std::lock_guard guard{mutex};
    if (jobs.size() == full_at)
      return false;
    jobs.push_back(i);
    return true;
  });
}

}  // namespace

double refusal(const std::string& who) {
  return who == "pool"         ? refusals_of_pool()
         : who == "stream"     ? refusals_of_stream()
         : who == "asio"       ? refusals_of_asio()
         : who == "flow_graph" ? refusals_of_flow_graph()
         : who == "deque"      ? refusals_of_deque()
                               : throw std::runtime_error{"who?"};
}

}  // namespace bench
