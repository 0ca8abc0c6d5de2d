#include <weir/actors/clock.hpp>
#include <weir/actors/error.hpp>
#include <weir/runtime/engine.hpp>
#include <weir/runtime/launcher/console.hpp>
#include <weir/runtime/launcher/launcher.hpp>
#include <weir/runtime/launcher/node_command.hpp>
#include <weir/runtime/launcher/node_file.hpp>
#include <weir/runtime/launcher/node_tasks.hpp>
#include <weir/runtime/launcher/nodes_text.hpp>
#include <weir/runtime/launcher/signal_watch.hpp>
#include <weir/runtime/nodes/node.hpp>
#include <weir/runtime/trace/tracer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <unistd.h>

namespace weir::config {

namespace {

/// How often a node that leaves is asked what it still has.
constexpr duration look_period = std::chrono::milliseconds{50};

std::string jobs_text(std::uint64_t n) {
  return std::to_string(n) + (n == 1 ? " job" : " jobs");
}

std::string to_finish(std::uint64_t held) {
  return held == 0 ? std::string{": there is no job to finish"} : ": finishing " + jobs_text(held);
}

}  // namespace

int node_command(const arguments& wanted, const kinds& known, const std::string& program, std::ostream& err) {
  problems found;
  const auto plan = load_node(wanted.flow, wanted.overrides, known, found);
  if (!plan) {
    err << found.text() << std::flush;
    return static_cast<int>(exit_status::bad_usage);
  }
  console out{STDERR_FILENO, false};
  const logs_to_console logs{out, false};
  const auto asked_to_end = context::with_cancel(context::background());
  const nodes::node* asked = nullptr;  // none: there is no node to be asked
  std::function<std::string()> state;  // of that
  std::mutex mutex;
  const signal_watch signals{[&](int number) {
                               const std::lock_guard guard{mutex};
                               out.line(signal_name(number) + to_finish(asked ? asked->look().held : 0) +
                                        "; a second signal ends at once");
                               asked_to_end.cancel(signal_name(number));
                             },
                             [&] {
                               const std::lock_guard guard{mutex};
                               if (asked)
                                 out.line(state());
                             }};
  auto options = plan->options;
  if (!wanted.trace.empty()) {
    auto trace = tracer::to_file(wanted.trace, {.service = options.link.name});
    if (!trace) {
      err << program << ": --trace: " << text_of(trace.error()) << std::endl;
      return static_cast<int>(exit_status::bad_usage);
    }
    options.trace = std::move(*trace);
  }
  out.line(describe(*plan));
  engine on;
  const auto done = std::make_shared<std::atomic<std::uint64_t>>(0);
  auto made = nodes::node::make(on, options, offered_tasks(known, plan->tasks, known.version, done));
  if (!made) {
    err << program << ": " << text_of(made.error()) << std::endl;
    return static_cast<int>(exit_status::bad_usage);
  }
  auto& node = **made;
  {
    const std::lock_guard guard{mutex};
    state = [&] {
      return describe(*plan) + '\n' + node_text(node.look(), done->load(), steady_clock().now()) + '\n' +
             without_end(on.state_text());
    };
    asked = &node;
  }
  while (!asked_to_end.wait_for(std::chrono::hours{1})) {
  }
  node.leave(asked_to_end.why()->why);
  do
    signal_watch::would_abandon(node.look().held);
  while (!node.wait_until_left(context::with_timeout(context::background(), look_period)));
  signal_watch::would_abandon(0);
  out.line("node " + options.link.name + " has left: " + jobs_text(done->load()) + " done");
  {
    const std::lock_guard guard{mutex};
    asked = nullptr;
  }
  made->reset();
  if (const auto problem = options.trace ? options.trace->finish() : caf::error{}) {
    out.line("trace: " + text_of(problem));
    return static_cast<int>(exit_status::failed);
  }
  return static_cast<int>(exit_status::completed);
}

}  // namespace weir::config
