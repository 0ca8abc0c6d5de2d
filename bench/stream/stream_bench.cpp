/// Family S: trivial jobs that one thread submits one at a time, two workers, bounded capacity, outcomes
/// taken in order by a callback or an iterator, or by a ticket for each job.

#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t workers = 2;
constexpr std::uint64_t jobs = 1'000'000;

std::uint64_t trivial(std::uint64_t x) {
  return x * x + 1;
}

using number_stream = weir::stream<std::uint64_t, std::uint64_t>;
using number_pool = weir::pool<std::uint64_t, std::uint64_t>;

/// Sees that each outcome comes, once and in its turn.
class receiver {
public:
  void take(const weir::outcome<std::uint64_t>& o) {
    right_ = right_ && o.index == next_ && o.result && *o.result == trivial(next_);
    ++next_;
  }
  void report(benchmark::State& state) const {
    if (!right_ || next_ != jobs)
      state.SkipWithError("an outcome is missing, wrong or out of order");
  }

private:
  std::uint64_t next_ = 0;
  bool right_ = true;
};

weir::stream_options bounds(const benchmark::State& state) {
  return {.parallelism = workers, .capacity = static_cast<std::size_t>(state.range(0))};
}

void submit_all(number_stream& to) {
  const auto ctx = weir::context::background();
  for (std::uint64_t i = 0; i < jobs; ++i)
    if (!to.submit(ctx, i))
      return;
}

void count(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * jobs));
}

void stream_to_callback(benchmark::State& state) {
  weir::engine engine;
  for (auto _ : state) {
    receiver out;
    number_stream jobs_in{engine, trivial, bounds(state),
                          [&out](const weir::outcome<std::uint64_t>& o) { out.take(o); }};
    submit_all(jobs_in);
    jobs_in.close();
    jobs_in.wait();
    out.report(state);
  }
  count(state);
}

/// Four threads submit a quarter each. Their jobs come in turns that nobody knows, so that only what all
/// results come to is looked at.
void stream_of_4_threads(benchmark::State& state) {
  constexpr std::size_t submitters = 4;
  weir::engine engine;
  for (auto _ : state) {
    std::uint64_t received = 0;
    std::uint64_t sum = 0;
    number_stream jobs_in{engine, trivial, bounds(state), [&](const weir::outcome<std::uint64_t>& o) {
                            ++received;
                            sum += o.result ? *o.result : 0;
                          }};
    std::vector<std::thread> all;
    for (std::size_t t = 0; t < submitters; ++t)
      all.emplace_back([&jobs_in, t] {
        const auto ctx = weir::context::background();
        for (auto i = t; i < jobs; i += submitters)
          if (!jobs_in.submit(ctx, i))
            return;
      });
    for (auto& t : all)
      t.join();
    jobs_in.close();
    jobs_in.wait();
    std::uint64_t expected = 0;
    for (std::uint64_t i = 0; i < jobs; ++i)
      expected += trivial(i);
    if (received != jobs || sum != expected)
      state.SkipWithError("an outcome is missing or wrong");
  }
  count(state);
}

void stream_to_iterator(benchmark::State& state) {
  weir::engine engine;
  for (auto _ : state) {
    receiver out;
    number_stream jobs_in{engine, trivial, bounds(state)};
    std::thread submitter{[&jobs_in] {
      submit_all(jobs_in);
      jobs_in.close();
    }};
    for (const auto& o : jobs_in)
      out.take(o);
    submitter.join();
    out.report(state);
  }
  count(state);
}

/// The submitter holds up to as many tickets as the pool has slots and takes the oldest first.
void pool_tickets(benchmark::State& state) {
  weir::engine engine;
  const auto options = bounds(state).for_pool();
  const auto ctx = weir::context::background();
  for (auto _ : state) {
    receiver out;
    std::deque<weir::ticket<std::uint64_t>> held;
    number_pool jobs_in{engine, trivial, options};
    for (std::uint64_t i = 0; i < jobs; ++i) {
      if (held.size() == options.capacity) {
        out.take(held.front().get());
        held.pop_front();
      }
      auto admitted = jobs_in.submit(ctx, i);
      if (!admitted)
        break;
      held.push_back(std::move(*admitted));
    }
    for (auto& t : held)
      out.take(t.get());
    out.report(state);
  }
  count(state);
}

constexpr std::int64_t kibi = 1024;
constexpr std::int64_t capacity_max = 64 * kibi;

BENCHMARK(stream_to_callback)->Arg(capacity_max)->Arg(8 * kibi)->Arg(kibi)->UseRealTime();
BENCHMARK(stream_of_4_threads)->Arg(capacity_max)->Arg(kibi)->UseRealTime();
BENCHMARK(stream_to_iterator)->Arg(capacity_max)->Arg(8 * kibi)->Arg(kibi)->UseRealTime();
BENCHMARK(pool_tickets)->Arg(capacity_max)->Arg(kibi)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
