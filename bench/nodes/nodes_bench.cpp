/// Family N, Weir's own: jobs that another process does, over loopback.
///   nodes_bench KIND [tls]    KIND: short, 1k, p50, p99, efficiency
/// `short` and `1k` print nanoseconds a job, for jobs that are submitted one by one and whose results come in
/// order; `p50` and `p99` those percentiles, in nanoseconds, of single jobs one after the other; `efficiency`
/// the part of the ideal at which two nodes do jobs that wait.

#include <weir/runtime/engine.hpp>
#include <weir/runtime/link/authority.hpp>
#include <weir/runtime/nodes.hpp>
#include <weir/runtime/stream.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "peers.hpp"

namespace nodes = bench::nodes;
using nodes::blocks;
using nodes::short_jobs;
using nodes::waits;

template <>
struct weir::nodes::codec<short_jobs::job> : weir::nodes::raw_codec<short_jobs::job> {};
template <>
struct weir::nodes::codec<blocks::job> : weir::nodes::raw_codec<blocks::job> {};

namespace {

/// Two for each worker keep it busy; the others get theirs ready.
constexpr std::size_t calls = 4;

template <class Jobs>
typename Jobs::job work(typename Jobs::job j) {
  Jobs::work(j);
  return j;
}

weir::nodes::task_registry tasks() {
  weir::nodes::task_registry all;
  all.add<short_jobs::job>("short", "1", work<short_jobs>);
  all.add<blocks::job>("1k", "1", work<blocks>);
  all.add<std::uint64_t>("wait", "1", [](std::uint64_t x) {
    waits::wait();
    return x;
  });
  return all;
}

template <class T>
T value_of(caf::expected<T> e) {
  if (!e)
    throw std::runtime_error{weir::text_of(e.error())};
  return std::move(*e);
}

weir::link::link_options link_of(const std::string& name, const std::string& peer,
                                 const std::string& folder) {
  weir::link::link_options o;
  o.name = name;
  o.peers = {peer};
  if (!folder.empty())
    o.tls = {folder + "/authority.pem", folder + '/' + name + ".pem", folder + '/' + name + ".key"};
  return o;
}

/// Until its parent ends it.
[[noreturn]] void be_node(const std::string& name, const std::string& port, const std::string& folder) {
  weir::engine engine;
  const auto made = value_of(weir::nodes::node::make(
      engine,
      {.link = link_of(name, "coordinator", folder), .coordinator = "127.0.0.1:" + port, .workers = 1},
      tasks()));
  for (;;)
    ::pause();
}

/// Of the coordinator and two nodes, in a folder of their own, if TLS is wanted.
struct certificates {
  explicit certificates(bool wanted) {
    if (!wanted)
      return;
    auto path = (std::filesystem::temp_directory_path() / "nodes_bench-XXXXXX").string();
    if (!::mkdtemp(path.data()))
      throw std::runtime_error{"no folder for certificates"};
    folder = path;
    const auto issuer = value_of(weir::link::authority::in(folder));
    for (const auto* name : {"coordinator", "node-0", "node-1"})
      value_of(issuer.issue(name));
  }
  ~certificates() {
    if (!folder.empty())
      std::filesystem::remove_all(folder);
  }
  certificates(const certificates&) = delete;
  certificates& operator=(const certificates&) = delete;

  std::string folder;
};

/// A coordinator here, and nodes that are processes of their own.
class coordinated {
public:
  coordinated(std::size_t count, bool tls)
      : files_(tls),
        coordinator(value_of(
            weir::nodes::coordinator::make(link_of("coordinator", "*", files_.folder), "127.0.0.1:0"))) {
    for (std::size_t i = 0; i < count; ++i)
      nodes_.push_back(std::make_unique<nodes::node_process>(std::vector<std::string>{
          "node-" + std::to_string(i), std::to_string(coordinator->port()), files_.folder}));
    while (coordinator->nodes().size() < count)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }

private:
  certificates files_;

public:
  weir::engine here;
  std::unique_ptr<weir::nodes::coordinator> coordinator;

private:
  std::vector<std::unique_ptr<nodes::node_process>> nodes_;
};

/// Has jobs done; false if a result was missing, wrong or out of turn.
template <class Job, class Make, class IsRight>
bool run(coordinated& with, const char* task, std::uint64_t jobs, std::size_t capacity, Make make,
         IsRight is_right) {
  std::uint64_t next = 0;
  auto good = true;
  weir::stream<Job, Job> stream{with.here,
                                weir::nodes::remote<Job, Job>(*with.coordinator, {task, "1"}),
                                {.parallelism = calls, .capacity = capacity},
                                [&](const weir::outcome<Job>& o) {
                                  good = good && o.result && is_right(next, *o.result);
                                  ++next;
                                }};
  const auto ctx = weir::context::background();
  for (std::uint64_t i = 0; i < jobs; ++i)
    if (!stream.submit(ctx, make(i)))
      return false;
  stream.close();
  stream.wait();
  return good && next == jobs;
}

template <class Jobs>
double time_of(const char* task, bool tls) {
  coordinated with{1, tls};
  return nodes::time_of_a_job<Jobs>([&](std::uint64_t jobs) {
    return run<typename Jobs::job>(with, task, jobs, Jobs::window, Jobs::make, Jobs::is_right);
  });
}

double percentile(const std::string& which, bool tls) {
  coordinated with{1, tls};
  const auto task = weir::nodes::remote<short_jobs::job, short_jobs::job>(*with.coordinator, {"short", "1"});
  return static_cast<double>(nodes::percentile(
      which, [&](const short_jobs::job& j) { return value_of(task(weir::context::background(), j)); }));
}

double efficiency() {
  constexpr std::size_t workers = 2;
  coordinated with{workers, false};
  const auto wait = [&](std::uint64_t jobs) {
    nodes::require(run<std::uint64_t>(
        with, "wait", jobs, 64, [](std::uint64_t i) { return i; },
        [](std::uint64_t i, std::uint64_t r) { return r == i; }));
  };
  wait(waits::warm_up);
  const auto begun = nodes::steady::now();
  wait(waits::count);
  const std::chrono::duration<double> took = nodes::steady::now() - begun;
  return std::chrono::duration<double>(waits::each).count() * waits::count / workers / took.count();
}

double measure(const std::string& kind, bool tls) {
  if (kind == "short")
    return time_of<short_jobs>("short", tls);
  if (kind == "1k")
    return time_of<blocks>("1k", tls);
  return kind == "efficiency" ? efficiency() : percentile(kind, tls);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args{argv + 1, argv + argc};
  ::alarm(nodes::program_max_s);
  spdlog::set_level(spdlog::level::warn);
  try {
    if (nodes::node_process::is_one(argv) && args.size() == 3)
      be_node(args[0], args[1], args[2]);
    const std::vector<std::string> kinds{"short", "1k", "p50", "p99", "efficiency"};
    const auto known = !args.empty() && std::find(kinds.begin(), kinds.end(), args[0]) != kinds.end();
    if (!known || args.size() > 2 || (args.size() == 2 && args[1] != "tls")) {
      std::cerr << "usage: nodes_bench short|1k|p50|p99|efficiency [tls]\n";
      return 2;
    }
    std::cout << measure(args[0], args.size() == 2) << '\n';
  } catch (const std::exception& e) {
    std::cerr << "nodes_bench: " << e.what() << '\n';
    return 1;
  }
  return 0;
}
