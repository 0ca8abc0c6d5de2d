/// Load, faults and storms of cancels, for WEIR_SOAK_SECONDS (10); what is to be seen is that nothing grows.
/// Prints how memory, descriptors and threads went with time, as slopes of least squares over the second
/// half.

#include <weir/actors/log.hpp>
#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/event_based_actor.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace std::chrono_literals;
using namespace weir;

namespace {

struct sample {
  double seconds = 0;
  double resident_kib = 0;
  double descriptors = 0;
  double threads = 0;
};

double entries_of(const char* folder) {
  return static_cast<double>(std::distance(std::filesystem::directory_iterator{folder}, {}));
}

sample look(double seconds) {
  std::ifstream in{"/proc/self/statm"};
  std::size_t size = 0;
  std::size_t pages = 0;
  in >> size >> pages;
  const auto page_kib = static_cast<double>(sysconf(_SC_PAGESIZE)) / 1024;
  return {seconds, static_cast<double>(pages) * page_kib, entries_of("/proc/self/fd"),
          entries_of("/proc/self/task")};
}

/// Per second.
double slope(const std::vector<sample>& all, double sample::*what) {
  const auto n = static_cast<double>(all.size());
  double t = 0, v = 0;
  for (const auto& s : all)
    t += s.seconds / n, v += s.*what / n;
  double above = 0, below = 0;
  for (const auto& s : all)
    above += (s.seconds - t) * (s.*what - v), below += (s.seconds - t) * (s.seconds - t);
  return below > 0 ? above / below : 0;
}

/// One in some hundred jobs goes wrong, in one way or another.
int job(const context& ctx, int x) {
  switch (x % 499) {
    case 1:
      throw std::runtime_error{"thrown"};
    case 2:
      throw thrown_error{make_error(ec::failed, "failed")};
    case 3:
      static_cast<void>(ctx.wait_for(20ms));
      break;
    case 4:
      throw thrown_error{make_error(ec::worker_lost, "lost")};
    default:
      break;
  }
  return x;
}

struct tally {
  std::uint64_t runs = 0;
  std::uint64_t jobs = 0;
  std::uint64_t out_of_balance = 0;
  std::uint64_t kills = 0;

  void add(const policy::books& b) {
    ++runs;
    jobs += b.offered;
    out_of_balance += b.balanced() ? 0 : 1;
  }
};

/// A pool whose callers go away, and which is resized and canceled.
void storm_of_cancels(engine& on, std::minstd_rand& random, tally& count) {
  const auto ctx = context::with_cancel(context::background());
  pool_options options{.parallelism = 4, .capacity = 64};
  options.retry.attempts = 2;
  options.retry.backoff = 1ms;
  options.timeouts.run = 10ms;
  options.on_error = policy::collect;
  pool<int, int> at{on, job, options, ctx};
  std::vector<ticket<int>> tickets;
  for (int x = 0; x < 2'000; ++x) {
    auto s = at.try_submit(x);
    if (s)
      tickets.push_back(std::move(*s));
    if (x % 500 == 499)
      static_cast<void>(at.resize(1 + random() % 6, 64));
    if (tickets.size() > 100)
      tickets.clear();
  }
  if (random() % 2 == 0)
    ctx.cancel("a storm");
  count.add(at.drain(500ms).books);
}

/// A stream whose workers are actors that are killed.
void storm_of_kills(engine& on, std::minstd_rand& random, tally& count) {
  struct living {
    std::mutex mutex;
    std::vector<caf::actor_addr> all = {};
  } victims;
  const auto work = [](caf::event_based_actor* self) -> caf::behavior {
    watch(self, [](const caf::actor_addr&, const caf::error&) {});
    return {[](int x) -> caf::result<int> {
      if (x % 997 == 1)
        throw std::runtime_error{"poison"};
      return x;
    }};
  };
  auto task = worker_from_actor<int, int>(on,
                                          [&](caf::actor_system& s) {
                                            auto a = s.spawn(work);
                                            std::lock_guard guard{victims.mutex};
                                            victims.all.push_back(a.address());
                                            return a;
                                          },
                                          {.workers = 4, .restart = {.intensity = 1'000'000}});
  stream<int, int> at{
      on, std::move(task), {.parallelism = 4, .capacity = 128, .retry = {.losses = 100}}, [](outcome<int>&) {
      }};
  for (int x = 0; x < 2'000; ++x) {
    static_cast<void>(at.submit(context::background(), x));
    if (x % 100 != 0)
      continue;
    std::lock_guard guard{victims.mutex};
    std::erase_if(victims.all, [](const auto& a) { return !caf::actor_cast<caf::actor>(a); });
    if (victims.all.empty())
      continue;
    if (const auto a = caf::actor_cast<caf::actor>(victims.all[random() % victims.all.size()])) {
      caf::anon_send_exit(a, caf::exit_reason::kill);
      ++count.kills;
    }
  }
  count.add(at.drain(1s).books);
}

/// Stages in a row that fail, and a source that is given up.
void storm_of_failures(engine& on, std::minstd_rand& random, tally& count) {
  const auto ctx = context::with_timeout(context::background(), std::chrono::milliseconds{random() % 60});
  const auto summary = (from(std::views::iota(1, 3'000)) | stage(job, {.parallelism = 2, .capacity = 32}) |
                        stage(job, {.parallelism = 2, .capacity = 32}) | into([](int) {
                        })).run(on, ctx, {.on_error = policy::collect});
  for (const auto& s : summary.stages)
    count.add(s.books);
}

}  // namespace

BOOST_AUTO_TEST_CASE(under_load_faults_and_storms_of_cancels_nothing_grows) {
  const auto* const wanted = std::getenv("WEIR_SOAK_SECONDS");
  const std::chrono::duration<double> span{wanted ? std::strtod(wanted, nullptr) : 10.0};
  // A slope of fewer is chance.
  constexpr std::size_t samples_min = 12;
  std::minstd_rand random{1};
  tally count;
  std::vector<sample> samples;
  // What ends for a reason is logged, thousands of times.
  log()->set_level(spdlog::level::off);
  engine lasting;
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    if (passed >= span && samples.size() >= samples_min)
      break;
    storm_of_cancels(lasting, random, count);
    storm_of_kills(lasting, random, count);
    storm_of_failures(lasting, random, count);
    {
      engine passing;
      storm_of_cancels(passing, random, count);
    }
    if (passed >= span / 2)
      samples.push_back(look(passed.count()));
  }
  BOOST_TEST(count.out_of_balance == 0u);
  const auto kib = slope(samples, &sample::resident_kib);
  const auto descriptors = slope(samples, &sample::descriptors);
  const auto threads = slope(samples, &sample::threads);
  BOOST_TEST_MESSAGE(count.runs << " stages, " << count.jobs << " offers, " << count.kills << " kills in "
                                << span.count() << " s; resident " << samples.back().resident_kib << " KiB, "
                                << samples.back().descriptors << " descriptors, " << samples.back().threads
                                << " threads; a second: " << kib << " KiB, " << descriptors
                                << " descriptors, " << threads << " threads");
  // The heap takes its time to find its size; with time this is less than one small object for each stage.
  BOOST_TEST(kib * span.count() / 2 < 512 + static_cast<double>(count.runs) * 32 / 1024);
  BOOST_TEST(descriptors * span.count() / 2 < 2);
  BOOST_TEST(threads * span.count() / 2 < 4);
  BOOST_TEST(count.kills > 0u);
}
