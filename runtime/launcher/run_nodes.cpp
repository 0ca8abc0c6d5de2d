#include <weir/actors/error.hpp>
#include <weir/runtime/launcher/nodes_text.hpp>
#include <weir/runtime/launcher/run_nodes.hpp>
#include <weir/runtime/options.hpp>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace weir::config {

namespace {

/// Who forgets the flow of another terminal sees only that the address is in use.
caf::error with_hint(caf::error e) {
  const auto text = text_of(e);
  if (!text.ends_with(std::generic_category().message(EADDRINUSE)))
    return e;
  return make_error(static_cast<ec>(e.code()),
                    text +
                        "; maybe another flow listens there: wait for its end, or have "
                        "this one and its nodes meet at another port");
}

}  // namespace

run_nodes::run_nodes(const checked_flow& flow) : place_(flow.nodes), slot_(flow.on_nodes) {
  for (const auto& s : flow.plan.stages)
    if (s.elsewhere) {
      stages_.push_back(s.name);
      parallelism_ += s.parallelism;
    } else {
      all_stages_ = false;
    }
}

caf::error run_nodes::open() {
  auto made = nodes::coordinator::make(place_->link, place_->listen);
  if (!made)
    return with_hint(std::move(made.error()));
  slot_->put(std::move(*made));
  return {};
}

std::string run_nodes::where() const {
  const auto on = slot_->get();
  // The port is another one where 0 was asked for.
  const auto host = place_->listen.substr(0, place_->listen.rfind(':') + 1);
  return place_->link.name + " waits for nodes at " + host + std::to_string(on->port()) +
         (place_->link.tls.none() ? " without TLS" : " with TLS");
}

std::vector<nodes::node_state> run_nodes::look() const {
  const auto on = slot_ ? slot_->get() : nullptr;
  return on ? on->nodes() : std::vector<nodes::node_state>{};
}

std::string run_nodes::text() const {
  return wanted() ? nodes_text(stages_, look()) : std::string{};
}

std::optional<std::string> run_nodes::idle_workers(const std::vector<nodes::node_state>& there) {
  const auto workers = workers_of(there);
  const auto enough = std::min<std::uint64_t>(2 * workers, stages_.size() * parallelism_max);
  if (told_idle_ || workers <= parallelism_ || enough <= parallelism_)
    return std::nullopt;
  told_idle_ = true;
  return idle_text(stages_, parallelism_, workers, enough);
}

bool run_nodes::all_waits() const {
  const auto on = all_stages_ ? slot_->get() : nullptr;
  return on && !is_any_there(on->nodes());
}

std::vector<nodes::node_state> run_nodes::close() {
  const auto on = slot_ ? slot_->take() : nullptr;
  if (!on)
    return {};
  auto seen = on->nodes();
  on->close();
  return seen;
}

}  // namespace weir::config
