#include <weir/actors/error.hpp>
#include <weir/runtime/link/greeting.hpp>
#include <weir/runtime/link/link_options.hpp>
#include <weir/runtime/link/record.hpp>
#include <weir/runtime/short_text.hpp>

#include <algorithm>
#include <chrono>

namespace weir::link {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view any_name = "*";
constexpr std::size_t peers_max = 10'000;
constexpr std::size_t frame_bytes_least = std::size_t{64} << 10;
constexpr std::size_t frame_bytes_most = std::size_t{1} << 30;

caf::error bad(const std::string& text) {
  return make_error(ec::invalid_option, text);
}

caf::error check(const char* option, duration value, duration min, duration max) {
  if (value >= min && value <= max)
    return {};
  return bad(std::string{option} + " is " + short_text(value) + ", allowed is " + short_text(min) + " to " +
             short_text(max));
}

caf::error check(const char* option, std::size_t value, std::size_t min, std::size_t max) {
  if (value >= min && value <= max)
    return {};
  return bad(std::string{option} + " is " + std::to_string(value) + ", allowed is " + std::to_string(min) +
             " to " + std::to_string(max));
}

caf::error check_names(const link_options& o) {
  if (!is_node_name(o.name))
    return bad("name is '" + o.name + "'; letters, digits, '.', '_' and '-' are allowed, 64 at most");
  if (o.peers.empty() || o.peers.size() > peers_max)
    return bad("peers has " + std::to_string(o.peers.size()) + " names, allowed is 1 to " +
               std::to_string(peers_max));
  for (const auto& peer : o.peers)
    if (peer != any_name && !is_node_name(peer))
      return bad("peers has '" + peer + "': a node's name or \"*\" is allowed");
  return {};
}

caf::error check_times(const link_options& o) {
  if (auto e = check("handshake_time", o.handshake_time, 1ms, 1min))
    return e;
  if (auto e = check("heartbeat", o.heartbeat, 10ms, 1min))
    return e;
  if (auto e = check("timeout", o.timeout, 2 * o.heartbeat, 10min))
    return e;
  if (auto e = check("backoff_max", o.backoff_max, 1ms, 1h))
    return e;
  return check("backoff", o.backoff, 1ms, o.backoff_max);
}

}  // namespace

caf::error link_options::validate() const {
  if (auto e = check_names(*this))
    return e;
  if (!tls.none() && !tls.complete())
    return bad("tls needs all three of authority, certificate and private_key, or none");
  if (auto e = check_times(*this))
    return e;
  constexpr std::size_t connections_most = 10'000;
  if (auto e = check("connections_max", connections_max, 1, connections_most))
    return e;
  if (auto e = check("handshakes_max", handshakes_max, 1, connections_most))
    return e;
  return check("frame_bytes_max", frame_bytes_max, frame_bytes_least, frame_bytes_most);
}

bool link_options::allows(const std::string& peer) const {
  return std::ranges::any_of(peers, [&](const auto& p) { return p == any_name || p == peer; });
}

}  // namespace weir::link
