/// Family R, goodput: jobs that wait 200 µs, as for a disk or another machine, on 16 workers, offered at a
/// steady rate of so many times what these can do, for half a second; what is refused is dropped.
///   overload_bench WHO TIMES    prints the nanoseconds for each job that was done

#include <weir/runtime/stream.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

#include <sys/prctl.h>

namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t workers = 16;
constexpr std::size_t capacity = 64;
constexpr std::chrono::microseconds job_time{200};
constexpr std::chrono::milliseconds run_time{500};

void serve() {
  // The kernel lets sleepers sleep on for 50 µs else.
  ::prctl(PR_SET_TIMERSLACK, 1000);
  std::this_thread::sleep_for(job_time);
}

/// Offers on a schedule that does not wait for anybody; what is late is offered at once. Sleeps in between,
/// so that the workers have the processors. Returns how many offers were accepted.
std::uint64_t offer_for(double times, const std::function<bool()>& offer) {
  constexpr std::chrono::microseconds tick{100};
  const auto in_a_tick = times * workers * static_cast<double>(tick.count()) / job_time.count();
  ::prctl(PR_SET_TIMERSLACK, 1000);
  const auto begun = steady::now();
  double offered = 0;
  std::uint64_t accepted = 0;
  for (auto now = begun; now - begun < run_time; now = steady::now()) {
    for (const auto due = in_a_tick * static_cast<double>((now - begun) / std::chrono::nanoseconds{1}) /
                          std::chrono::nanoseconds{tick}.count();
         offered < due; ++offered)
      accepted += offer() ? 1 : 0;
    std::this_thread::sleep_for(tick);
  }
  return accepted;
}

void require_all_done(std::uint64_t accepted, std::uint64_t done) {
  if (done != accepted)
    throw std::runtime_error{"a job was not done once"};
}

std::uint64_t done_by_weir(double times) {
  weir::engine engine;
  std::uint64_t done = 0;
  weir::stream<int, int> s{engine,
                           [](int x) {
                             serve();
                             return x;
                           },
                           weir::stream_options{.parallelism = workers, .capacity = capacity},
                           [&](const weir::outcome<int>& o) { done += o.completed() ? 1 : 0; }};
  const auto accepted = offer_for(times, [&] { return static_cast<bool>(s.try_submit(0)); });
  s.close();
  s.wait();
  require_all_done(accepted, done);
  return done;
}

std::uint64_t done_by_asio(double times) {
  boost::asio::thread_pool pool{workers};
  std::atomic<std::size_t> inside{0};
  std::atomic<std::uint64_t> done{0};
  const auto accepted = offer_for(times, [&] {
    if (inside >= capacity)
      return false;
    ++inside;
    boost::asio::post(pool, [&] {
      serve();
      ++done;
      --inside;
    });
    return true;
  });
  pool.join();
  require_all_done(accepted, done);
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string who = argc == 3 ? argv[1] : "";
  const auto times = argc == 3 ? std::strtod(argv[2], nullptr) : 0;
  if ((who != "weir" && who != "asio") || times <= 0) {
    std::cerr << "usage: overload_bench weir|asio TIMES\n";
    return 2;
  }
  try {
    const auto begun = steady::now();
    const auto done = who == "weir" ? done_by_weir(times) : done_by_asio(times);
    const std::chrono::duration<double, std::nano> took = steady::now() - begun;
    std::cout << took.count() / static_cast<double>(done) << '\n';
    return 0;
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
