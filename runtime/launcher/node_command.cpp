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

#include <chrono>
#include <functional>
#include <mutex>

#include <unistd.h>

namespace weir::config {

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
  std::function<std::string()> state;  // none: there is no node to be asked
  std::mutex mutex;
  const signal_watch signals{[&](int number) {
                               out.line(std::string{signal_name(number)} +
                                        ": finishing what was begun; a second signal ends at once");
                               asked_to_end.cancel(signal_name(number));
                             },
                             [&] {
                               const std::lock_guard guard{mutex};
                               if (state)
                                 out.line(state());
                             }};
  engine on;
  auto made = nodes::node::make(on, plan->options, offered_tasks(known, plan->tasks, known.version));
  if (!made) {
    err << program << ": " << text_of(made.error()) << std::endl;
    return static_cast<int>(exit_status::bad_usage);
  }
  auto& node = **made;
  out.line("node " + plan->options.link.name + " dials " + plan->options.coordinator);
  {
    const std::lock_guard guard{mutex};
    state = [&] {
      return describe(*plan) + '\n' + node_text(node.look(), steady_clock().now()) + '\n' +
             without_end(on.state_text());
    };
  }
  while (!asked_to_end.wait_for(std::chrono::hours{1})) {
  }
  node.leave(asked_to_end.why()->why);
  static_cast<void>(node.wait_until_left(context::background()));
  const std::lock_guard guard{mutex};
  state = nullptr;
  return static_cast<int>(exit_status::completed);
}

}  // namespace weir::config
