#pragma once

/// Where a node meets others: accepts links, or dials and dials again, and tells those above of each one that
/// has come up or gone. Owns the sockets; all of it happens on the thread of a loop that somebody else runs.
/// Once a host is dialed by a name Boost.Asio has a thread that looks names up: to end waits for a lookup
/// that is under way.
///
/// Bounds: `connections_max` peers that have come and were admitted; `handshakes_max` others, of which the
/// oldest has to go when one more comes, so that mute ones hold up nobody; connections that come faster than
/// a few hundred a second wait in the system's queue; about 1 MiB for a peer that was admitted, a few tens of
/// KiB for another. An endpoint without peers costs no CPU time.
///
/// All members are thread-safe.

#include <weir/runtime/link/engine_end.hpp>
#include <weir/runtime/link/engine_frames.hpp>
#include <weir/runtime/link/greeting.hpp>
#include <weir/runtime/link/link_options.hpp>
#include <weir/runtime/link/link_state.hpp>

#include <boost/asio/io_context.hpp>
#include <caf/expected.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weir::link {

/// A link that is up.
struct opened_link {
  std::uint64_t link = 0;  ///< its number in this endpoint; none comes twice
  role ours = role::acceptor;
  identity who;
  std::string said;  ///< its offers, or its terms
};

/// What an endpoint tells, on the loop's thread. They must not block, and must not throw.
struct link_events {
  /// Whether a peer that is who it says it is comes in: the terms that it is told, or the reason why not.
  std::function<caf::expected<std::string>(const identity&, const std::string& offers)> admit;
  /// What to bring along to an acceptor. May throw `thrown_error`: then it is dialed again later.
  std::function<std::string()> offers;
  /// A link has come up: what the engine has for it.
  std::function<engine_side(opened_link)> opened;
  std::function<void(std::uint64_t link, const identity&, const std::string& why)> closed;
  /// A try to reach whoever is dialed has come to nothing, and why; the next one comes. May be empty.
  std::function<void(const std::string& why)> unreached = {};
};

class endpoint {
public:
  /// Loads what it needs; errors are of `ec::invalid_option`. `loop` must be run by one thread until the
  /// endpoint is closed, and outlive it. `engine` is the id of the actor system that its links are for.
  static caf::expected<std::unique_ptr<endpoint>> make(boost::asio::io_context& loop,
                                                       const link_options& options, const engine_id& engine,
                                                       link_events events);

  /// Closes it.
  ~endpoint();
  endpoint(const endpoint&) = delete;
  endpoint& operator=(const endpoint&) = delete;

  /// Accepts at "host:port" from now on; port 0 is one that is free. The port, or an error:
  /// `ec::invalid_option` of what is no address, or not loopback and there is no TLS; `ec::io` if it can't
  /// listen there, as when the port is in use.
  caf::expected<std::uint16_t> listen(const std::string& address);

  /// Keeps a link to "host:port" up from now on: dials until it is admitted, waits as the options' backoff
  /// says where it is not, and dials again once it has gone. Errors are of `ec::invalid_option`, as with
  /// `listen`.
  caf::error dial(const std::string& address);

  /// Dials nobody any more. True if there is no link then. Waits for the thread, so that events must not ask.
  bool stop_dialing();

  /// Says farewell to this peer; a dialer does not dial it again.
  void leave(std::uint64_t link, const std::string& why);

  /// Ends the link to this peer, which hears why if it takes that within a heartbeat.
  void end(std::uint64_t link, const std::string& why);

  /// Ends all links, each within a heartbeat, and takes no more; returns when the last event was told.
  /// Idempotent; what is asked of it afterwards has no effect. Waits for the thread, so that events must not
  /// close it.
  void close();

  /// The links that are up; none once it is closed. Waits for the thread, so that events must not ask.
  [[nodiscard]] std::vector<link_state> links() const;

private:
  class core;
  explicit endpoint(std::unique_ptr<core> c);
  std::unique_ptr<core> core_;
};

}  // namespace weir::link
