/// Family K: trivial jobs of 1,000 keys that one thread submits one at a time, two workers; the jobs of a key
/// one after the other, in the order of their submission.

#include <weir/runtime/keyed.hpp>
#include <weir/runtime/stream.hpp>

#include <benchmark/benchmark.h>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <semaphore>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t workers = 2;
constexpr std::uint64_t jobs = 1'000'000;
constexpr std::uint64_t keys = 1000;
constexpr std::uint64_t capacity = 65'536;

std::uint64_t key_of(std::uint64_t job) {
  return job * 0x9e3779b97f4a7c15U % keys;
}

/// What each job does: looks whether it comes in its turn among those of its key.
class lines {
public:
  void run(std::uint64_t job) {
    auto& l = all_[key_of(job)];
    l.right = l.right && (l.count == 0 || job > l.last);
    l.last = job;
    ++l.count;
  }
  void report(benchmark::State& state) const {
    std::uint64_t count = 0;
    for (const auto& l : all_) {
      count += l.count;
      if (!l.right)
        state.SkipWithError("a job ran before an older one of its key");
    }
    if (count != jobs)
      state.SkipWithError("a job did not run once");
  }

private:
  struct alignas(64) line {
    std::uint64_t last = 0;
    std::uint64_t count = 0;
    bool right = true;
  };
  std::vector<line> all_ = std::vector<line>(keys);
};

template <class Run>
void measure(benchmark::State& state, Run run) {
  for (auto _ : state) {
    lines seen;
    run(seen);
    seen.report(state);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * jobs));
}

void weir_keyed_stream(benchmark::State& state) {
  weir::engine engine;
  const weir::stream_options options{.parallelism = workers,
                                     .capacity = static_cast<std::size_t>(state.range(0))};
  measure(state, [&](lines& seen) {
    std::uint64_t completed = 0;
    weir::stream<std::uint64_t, std::uint64_t> s{
        engine,
        weir::keyed(key_of,
                    [&seen](std::uint64_t job) {
                      seen.run(job);
                      return job;
                    }),
        options, [&](const weir::outcome<std::uint64_t>& o) { completed += o.completed() ? 1 : 0; }};
    const auto ctx = weir::context::background();
    for (std::uint64_t i = 0; i < jobs; ++i)
      static_cast<void>(s.submit(ctx, i));
    s.close();
    s.wait();
    if (completed != jobs)
      state.SkipWithError("an outcome is missing");
  });
}

void asio_strands(benchmark::State& state) {
  measure(state, [](lines& seen) {
    boost::asio::thread_pool pool{workers};
    std::vector<boost::asio::strand<boost::asio::thread_pool::executor_type>> strands;
    for (std::uint64_t k = 0; k < keys; ++k)
      strands.push_back(boost::asio::make_strand(pool));
    std::counting_semaphore<> slots{capacity};
    for (std::uint64_t i = 0; i < jobs; ++i) {
      slots.acquire();
      boost::asio::post(strands[key_of(i)], [&, i] {
        seen.run(i);
        slots.release();
      });
    }
    pool.join();
  });
}

/// A queue and a thread; whoever finds it full waits.
class queue_with_thread {
public:
  explicit queue_with_thread(lines& seen) : thread_([this, &seen] { work(seen); }) {}

  void push(std::uint64_t job) {
    std::unique_lock lock{mutex_};
    room_.wait(lock, [this] { return waiting_.size() < capacity / workers; });
    waiting_.push_back(job);
    lock.unlock();
    added_.notify_one();
  }
  void join() {
    {
      const std::lock_guard guard{mutex_};
      closed_ = true;
    }
    added_.notify_one();
    thread_.join();
  }

private:
  void work(lines& seen) {
    for (std::unique_lock lock{mutex_};;) {
      added_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
      if (waiting_.empty())
        return;
      const auto job = waiting_.front();
      waiting_.pop_front();
      lock.unlock();
      room_.notify_one();
      seen.run(job);
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable added_;
  std::condition_variable room_;
  std::deque<std::uint64_t> waiting_;
  bool closed_ = false;
  std::thread thread_;
};

/// Without order among keys of two threads, and with nothing that evens them out.
void threads_by_hash(benchmark::State& state) {
  measure(state, [](lines& seen) {
    queue_with_thread even{seen};
    queue_with_thread odd{seen};
    for (std::uint64_t i = 0; i < jobs; ++i)
      (key_of(i) % 2 == 0 ? even : odd).push(i);
    even.join();
    odd.join();
  });
}

BENCHMARK(weir_keyed_stream)->Arg(65'536)->Arg(1'024)->UseRealTime();
BENCHMARK(asio_strands)->UseRealTime();
BENCHMARK(threads_by_hash)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
