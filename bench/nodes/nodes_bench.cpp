/// Family N: jobs that another process does, over loopback.
///   nodes_bench KIND [tls]    KIND: short, 1k, p50, p99, efficiency
/// `short` and `1k` print nanoseconds a job (16 bytes and 1 KiB there and back) for jobs that are submitted
/// one by one and whose results come in order; `p50` and `p99` those percentiles, in nanoseconds, of single
/// jobs one after the other; `efficiency` the part of the ideal speed at which two nodes do jobs of 1 ms.
/// The nodes are processes of their own: this program again.

#include <weir/runtime/engine.hpp>
#include <weir/runtime/link/authority.hpp>
#include <weir/runtime/nodes.hpp>
#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <csignal>
#include <cstdlib>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using steady = std::chrono::steady_clock;

/// Two numbers, as most jobs are that somebody counts in nanoseconds.
struct short_job {
  std::uint64_t number = 0;
  std::uint64_t input = 0;
};

}  // namespace

template <>
struct weir::nodes::codec<short_job> : weir::nodes::raw_codec<short_job> {};

namespace {

short_job square(const short_job& j) {
  return {j.number, j.input * j.input};
}

constexpr std::size_t block_bytes = 1024;

std::string turned(const std::string& block) {
  auto out = block;
  out[0] = static_cast<char>(~out[0]);
  return out;
}

weir::nodes::task_registry tasks() {
  weir::nodes::task_registry all;
  all.add<short_job>("square", "1", square);
  all.add<std::string>("turn", "1", turned);
  all.add<std::uint64_t>("wait", "1", [](const weir::context& ctx, std::uint64_t ms) {
    static_cast<void>(ctx.wait_for(std::chrono::milliseconds{ms}));
    return ms;
  });
  return all;
}

weir::link::link_options link_of(const std::string& name, const std::string& peer, const std::string& folder) {
  weir::link::link_options o{.name = name, .peers = {peer}};
  if (!folder.empty())
    o.tls = {folder + "/authority.pem", folder + '/' + name + ".pem", folder + '/' + name + ".key"};
  return o;
}

/// Until its parent ends it.
int be_node(const std::string& name, const std::string& port, const std::string& folder) {
  weir::engine engine;
  const auto made = weir::nodes::node::make(engine,
                                            {.link = link_of(name, "coordinator", folder),
                                             .coordinator = "127.0.0.1:" + port,
                                             .workers = 1},
                                            tasks());
  if (!made) {
    std::cerr << weir::text_of(made.error()) << '\n';
    return 1;
  }
  ::pause();
  return 0;
}

/// Of the coordinator and two nodes, in a folder of their own, if TLS is wanted.
struct certificates {
  explicit certificates(bool wanted) {
    if (!wanted)
      return;
    std::string path{"/tmp/weir-bench-XXXXXX"};
    if (!::mkdtemp(path.data()))
      throw std::runtime_error{"no folder for certificates"};
    folder = path;
    const auto issuer = weir::link::authority::in(folder);
    for (const auto* name : {"coordinator", "node-0", "node-1"})
      if (!issuer || !issuer->issue(name))
        throw std::runtime_error{"no certificates"};
  }
  ~certificates() {
    if (!folder.empty())
      std::filesystem::remove_all(folder);
  }
  certificates(const certificates&) = delete;
  certificates& operator=(const certificates&) = delete;

  std::string folder;
};

class coordinated {
public:
  coordinated(int nodes, const std::string& folder) {
    auto made = weir::nodes::coordinator::make(link_of("coordinator", "*", folder), "127.0.0.1:0");
    if (!made)
      throw std::runtime_error{weir::text_of(made.error())};
    coordinator = std::move(*made);
    const auto port = std::to_string(coordinator->port());
    for (int i = 0; i < nodes; ++i)
      start("node-" + std::to_string(i), port, folder);
    while (coordinator->nodes().size() < static_cast<std::size_t>(nodes))
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  ~coordinated() {
    for (const auto p : processes_) {
      ::kill(p, SIGKILL);
      ::waitpid(p, nullptr, 0);
    }
  }

  weir::engine here;
  std::unique_ptr<weir::nodes::coordinator> coordinator;

private:
  void start(const std::string& name, const std::string& port, const std::string& folder) {
    const auto child = ::fork();
    if (child == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::execl("/proc/self/exe", "nodes_bench", "node", name.c_str(), port.c_str(), folder.c_str(), nullptr);
      ::_exit(127);
    }
    processes_.push_back(child);
  }

  std::vector<pid_t> processes_;
};

/// Nanoseconds a job; negative if a result was missing, wrong or out of turn.
template <class Job, class Make, class Right>
double stream_of(coordinated& with, const char* task, std::uint64_t jobs, std::size_t capacity, Make make,
                 Right right) {
  std::uint64_t next = 0;
  auto good = true;
  const auto begun = steady::now();
  {
    weir::stream<Job, Job> stream{with.here, weir::nodes::remote<Job, Job>(*with.coordinator, {task, "1"}),
                                  {.parallelism = static_cast<std::size_t>(std::getenv("PAR") ? std::atoi(std::getenv("PAR")) : 4), .capacity = capacity},
                                  [&](const weir::outcome<Job>& o) {
                                    good = good && o.result && right(next, *o.result);
                                    ++next;
                                  }};
    const auto ctx = weir::context::background();
    for (std::uint64_t i = 0; i < jobs; ++i)
      if (!stream.submit(ctx, make(i)))
        break;
    stream.close();
    stream.wait();
  }
  const auto took = std::chrono::duration<double, std::nano>(steady::now() - begun).count();
  return good && next == jobs ? took / static_cast<double>(jobs) : -1;
}

double short_jobs(coordinated& with, std::uint64_t jobs) {
  return stream_of<short_job>(
      with, "square", jobs, 65'536, [](std::uint64_t i) { return short_job{i, i + 1}; },
      [](std::uint64_t i, const short_job& r) { return r.number == i && r.input == (i + 1) * (i + 1); });
}

double blocks(coordinated& with, std::uint64_t jobs) {
  const auto block = [](std::uint64_t i) { return std::string(block_bytes, static_cast<char>(i)); };
  return stream_of<std::string>(
      with, "turn", jobs, 4096, block,
      [&](std::uint64_t i, const std::string& r) { return r == turned(block(i)); });
}

double percentile(coordinated& with, double part) {
  constexpr std::uint64_t jobs = 2'000;
  const auto task = weir::nodes::remote<short_job, short_job>(*with.coordinator, {"square", "1"});
  std::vector<double> all;
  for (std::uint64_t i = 0; i < jobs; ++i) {
    const auto begun = steady::now();
    const auto result = task(weir::context::background(), {i, i});
    all.push_back(std::chrono::duration<double, std::nano>(steady::now() - begun).count());
    if (!result || result->input != i * i)
      return -1;
  }
  std::sort(all.begin(), all.end());
  return all[static_cast<std::size_t>(part * static_cast<double>(all.size()))];
}

double efficiency(coordinated& with, int nodes) {
  constexpr std::uint64_t jobs = 2'000;
  weir::stream<std::uint64_t, std::uint64_t> stream{
      with.here, weir::nodes::remote<std::uint64_t, std::uint64_t>(*with.coordinator, {"wait", "1"}),
      {.parallelism = 8, .capacity = 1024}, [](const auto&) {}};
  const auto begun = steady::now();
  for (std::uint64_t i = 0; i < jobs; ++i)
    static_cast<void>(stream.submit(weir::context::background(), 1));
  stream.close();
  stream.wait();
  const auto took = std::chrono::duration<double, std::milli>(steady::now() - begun).count();
  return static_cast<double>(jobs) / nodes / took;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args{argv + 1, argv + argc};
  spdlog::set_level(spdlog::level::warn);
  if (args.size() == 4 && args[0] == "node")
    return be_node(args[1], args[2], args[3]);
  if (args.empty())
    return 2;
  const certificates made{args.size() > 1 && args[1] == "tls"};
  const auto& folder = made.folder;
  const auto nodes = args[0] == "efficiency" ? 2 : 1;
  coordinated with{nodes, folder};
  if (args[0] == "short") {
    short_jobs(with, 100'000);
    std::cout << short_jobs(with, 2'000'000) << '\n';
  } else if (args[0] == "1k") {
    blocks(with, 10'000);
    std::cout << blocks(with, 200'000) << '\n';
  } else if (args[0] == "efficiency") {
    efficiency(with, nodes);
    std::cout << efficiency(with, nodes) << '\n';
  } else {
    percentile(with, 0.5);
    std::cout << percentile(with, args[0] == "p99" ? 0.99 : 0.5) << '\n';
  }
  return 0;
}
