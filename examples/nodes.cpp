/// A job runs elsewhere: a coordinator has work, a node lends its workers. Both are in one program here;
/// boss.cpp and worker.cpp are two.

#include <weir/nodes.hpp>
#include <weir/weir.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

weir::link::link_options called(const std::string& name, const std::string& peer) {
  weir::link::link_options o;
  o.name = name;
  o.peers = {peer};
  return o;
}

std::unique_ptr<weir::nodes::node> start_node(weir::engine& engine, std::uint16_t port) {
  weir::nodes::task_registry tasks;
  tasks.add<std::string>("greet", "1", [](const std::string& name) { return "hello, " + name; });
  auto made = weir::nodes::node::make(
      engine, {.link = called("node-1", "coordinator"), .coordinator = "127.0.0.1:" + std::to_string(port)},
      std::move(tasks));
  if (!made) {
    std::cerr << weir::describe(made.error()) << '\n';
    return nullptr;
  }
  return std::move(*made);
}

}  // namespace

int main() {
  weir::engine engine;
  auto coordinator = weir::nodes::coordinator::make(called("coordinator", "node-1"), "127.0.0.1:0");
  if (!coordinator) {
    std::cerr << weir::describe(coordinator.error()) << '\n';
    return 1;
  }
  auto& nodes = **coordinator;

  const auto node = start_node(engine, nodes.port());
  if (!node)
    return 1;
  const std::vector<std::string> names{"Ada", "Grace", "Edsger"};
  const auto greetings = weir::parallel_map(
      engine, weir::context::background(), names,
      weir::nodes::remote<std::string, std::string>(nodes, {"greet", "1"}), {.parallelism = 4});
  if (!greetings) {
    std::cerr << weir::describe(greetings.error()) << '\n';
    return 1;
  }
  for (const auto& greeting : *greetings)
    std::cout << greeting << '\n';
  for (const auto& n : nodes.nodes())
    std::cout << n.name << " did " << n.done << " jobs\n";
}
