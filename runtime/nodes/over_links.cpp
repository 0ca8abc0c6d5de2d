/// Coordinators and nodes that are processes.

#include <weir/runtime/nodes/coordinator.hpp>
#include <weir/runtime/nodes/node.hpp>
#include <weir/runtime/nodes/peers.hpp>

#include <utility>

namespace weir::nodes {

namespace {

messenger_maker over_links(const link::link_options& options) {
  return [options](peer_events events) -> caf::expected<std::unique_ptr<messenger>> {
    auto made = peers::make(options, std::move(events));
    if (!made)
      return std::move(made.error());
    return std::unique_ptr<messenger>{std::move(*made)};
  };
}

}  // namespace

caf::expected<std::unique_ptr<coordinator>> coordinator::make(const link::link_options& options,
                                                              const std::string& address) {
  return make(over_links(options), address);
}

caf::expected<std::unique_ptr<node>> node::make(engine& on, const node_options& options,
                                                task_registry tasks) {
  return make(on, options, std::move(tasks), over_links(options.link));
}

}  // namespace weir::nodes
