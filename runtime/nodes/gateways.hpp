#pragma once

/// The actors that talk with those of other nodes: an actor system of its own, with CAF's middleman, in which
/// each link has one actor, its gateway, on the thread of the sockets. Gateways exchange texts and nothing
/// else, and a peer can reach no other actor (engine_frames.hpp): the application's actors are in another
/// system.
///
/// Owns its threads: one for sockets, which the links use as well (`loop`), and two that have hardly anything
/// to do, for time and for actors of CAF's own. Costs no CPU time while nobody talks. All members are
/// thread-safe.

#include <weir/runtime/link/endpoint.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace weir::nodes {

/// What gateways tell, for one link on one thread at a time: `up`, then texts, then `down`, each in the order
/// in which the peer sent it. A link that never comes up has its `down` too. They must not block for long:
/// one that does holds up other links. They must not throw.
struct gateway_events {
  std::function<void(std::uint64_t link)> up;
  std::function<void(std::uint64_t link, std::string text)> text;
  std::function<void(std::uint64_t link)> eased;  ///< it was full and is not any more
  std::function<void(std::uint64_t link)> down;
};

class gateways {
public:
  /// Throws std::system_error if the system has no thread left.
  gateways(std::size_t frame_bytes_max, gateway_events events);

  /// Closes it.
  ~gateways();
  gateways(const gateways&) = delete;
  gateways& operator=(const gateways&) = delete;

  /// The id of the actor system, for `endpoint::make`.
  [[nodiscard]] link::engine_id id() const;

  /// Run by the thread of the sockets until this is closed and no endpoint uses it any more.
  [[nodiscard]] boost::asio::io_context& loop();

  /// A gateway for a link that has come up, for `link_events::opened`. Does not block. On the thread of the
  /// sockets, once an earlier link to that process has gone.
  link::engine_side attach(const link::opened_link& p);

  /// Ends the gateway of a link that has gone, for `link_events::closed`. Idempotent; does not block.
  void detach(std::uint64_t link);

  /// Ends all gateways; returns when the last event was told. Idempotent; no link may be attached afterwards.
  void close();

  /// The longest text that can be sent.
  [[nodiscard]] std::size_t text_bytes_max() const noexcept;

  /// Sends a text of `text_bytes_max` at most to the peer at the other end, after those that were sent
  /// before. False if the link is not up; one that goes down takes what is under way with it. Does not block.
  bool send(std::uint64_t link, std::string text);

  /// As of a messenger.
  [[nodiscard]] bool is_full(std::uint64_t link) const;

private:
  class core;
  std::unique_ptr<core> core_;
};

}  // namespace weir::nodes
