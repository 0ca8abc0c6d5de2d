/// Family X: a cancel while many jobs wait and two run, which end as soon as they are canceled.

#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <tbb/global_control.h>
#include <tbb/task_group.h>

#include <optional>
#include <utility>
#include <vector>

#include "held.hpp"

namespace bench {

namespace {

/// A job that goes on until it is canceled.
caf::error until_canceled(const weir::context& ctx, std::size_t) {
  static_cast<void>(ctx.wait_for(std::chrono::hours{1}));
  return ctx.error();
}

double cancel_of_stream(std::size_t n) {
  weir::engine on;
  std::size_t canceled = 0;
  weir::stream<std::size_t, caf::unit_t> s{on, until_canceled,
                                           weir::stream_options{.parallelism = workers, .capacity = n},
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

double cancel_of_pool(std::size_t n) {
  weir::engine on;
  weir::pool<std::size_t, caf::unit_t> p{on, until_canceled,
                                         weir::pool_options{.parallelism = workers, .capacity = n}};
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

/// It drops them, which it has done when it is destroyed: nobody learns of them.
double cancel_of_asio(std::size_t n) {
  gate held;
  std::optional<boost::asio::thread_pool> pool{std::in_place, workers};
  for (std::size_t i = 0; i < n; ++i)
    boost::asio::post(*pool, [&held] { held.pass(); });
  const auto begun = steady::now();
  pool->stop();
  held.open();
  pool.reset();
  const auto took = ns_since(begun);
  require(held.passed() <= workers, "a job ran after the cancel");
  return took;
}

/// It drops them too, which it has done when `wait` returns.
double cancel_of_task_group(std::size_t n) {
  const tbb::global_control limit{tbb::global_control::max_allowed_parallelism, workers};
  gate held;
  tbb::task_group group;
  for (std::size_t i = 0; i < n; ++i)
    group.run([&held] { held.pass(); });
  const auto begun = steady::now();
  group.cancel();
  held.open();
  const auto end = group.wait();
  const auto took = ns_since(begun);
  require(end == tbb::canceled && held.passed() <= workers, "a job ran after the cancel");
  return took;
}

}  // namespace

double cancel(const std::string& who, std::size_t jobs) {
  return who == "stream"       ? cancel_of_stream(jobs)
         : who == "pool"       ? cancel_of_pool(jobs)
         : who == "asio"       ? cancel_of_asio(jobs)
         : who == "task_group" ? cancel_of_task_group(jobs)
                               : throw std::runtime_error{"who?"};
}

}  // namespace bench
