#include <weir/runtime/nodes/peers.hpp>

#include <utility>

namespace weir::nodes {

peers::peers(std::size_t frame_bytes_max, peer_events events)
    : events_(std::move(events)), gateways_(std::make_unique<gateways>(frame_bytes_max, of_gateways())) {}

caf::expected<std::unique_ptr<peers>> peers::make(const link::link_options& options, peer_events events) {
  if (auto e = options.validate())
    return e;
  std::unique_ptr<peers> made{new peers{options.frame_bytes_max, std::move(events)}};
  auto endpoint =
      link::endpoint::make(made->gateways_->loop(), options, made->gateways_->id(), made->of_links());
  if (!endpoint)
    return std::move(endpoint.error());
  made->endpoint_ = std::move(*endpoint);
  return made;
}

peers::~peers() {
  close();
}

void peers::close() {
  if (endpoint_)
    endpoint_->close();
  gateways_->close();
}

gateway_events peers::of_gateways() {
  return {.up = [this](std::uint64_t n) { up(n); },
          .text = [this](std::uint64_t n, std::string text) { events_.text(n, std::move(text)); },
          .eased =
              [this](std::uint64_t n) {
                if (events_.eased)
                  events_.eased(n);
              },
          .down = [this](std::uint64_t n) { gateway_ended(n); }};
}

link::link_events peers::of_links() {
  return {
      .admit = events_.admit,
      .offers = events_.offers,
      .opened = [this](const link::opened_link& p) { return opened(p); },
      .closed = [this](std::uint64_t n, const link::identity&, const std::string& why) { closed(n, why); },
      .unreached = events_.unreached};
}

link::engine_side peers::opened(const link::opened_link& p) {
  {
    const std::lock_guard guard{mutex_};
    auto& k = known_[p.link];
    k.who = {p.link, p.who, p.said};
    k.is_dialed = p.ours == link::role::dialer;
  }
  try {
    return gateways_->attach(p);
  } catch (...) {
    const std::lock_guard guard{mutex_};
    known_.erase(p.link);
    throw;
  }
}

void peers::closed(std::uint64_t link, const std::string& why) {
  gateways_->detach(link);
  std::unique_lock lock{mutex_};
  const auto found = known_.find(link);
  // One that there was no gateway for was nobody's peer.
  if (found == known_.end())
    return;
  found->second.closed_because = why;
  tell_end(std::move(lock), link);
}

void peers::up(std::uint64_t link) {
  peer who;
  {
    const std::lock_guard guard{mutex_};
    auto& k = known_.at(link);
    k.is_up = true;
    who = k.who;
  }
  events_.up(who);
}

void peers::gateway_ended(std::uint64_t link) {
  endpoint_->end(link, "its gateway has ended");
  std::unique_lock lock{mutex_};
  known_.at(link).has_gateway = false;
  tell_end(std::move(lock), link);
}

void peers::tell_end(std::unique_lock<std::mutex> lock, std::uint64_t link) {
  const auto found = known_.find(link);
  if (found->second.has_gateway || !found->second.closed_because)
    return;
  const auto gone = std::move(known_.extract(found).mapped());
  lock.unlock();
  if (gone.is_up)
    events_.down(link, *gone.closed_because);
  else if (gone.is_dialed && events_.unreached)
    events_.unreached(*gone.closed_because);
}

}  // namespace weir::nodes
