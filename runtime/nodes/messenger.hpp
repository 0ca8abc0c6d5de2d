#pragma once

/// How a coordinator or a node talks with those that it has links to: by texts, which come in their order or
/// not at all, as their link goes. `peers` (peers.hpp) is the one for processes; a simulation has its own.

#include <weir/runtime/link/link_state.hpp>

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weir::nodes {

/// A peer with whom texts can be exchanged.
struct peer {
  std::uint64_t link = 0;  ///< the number of its link; none comes twice
  link::identity who;
  std::string said;  ///< what it brought along: its offers, or its terms
};

/// Of one link, as many as keep it busy while those who wait get to know that there is room.
constexpr std::size_t unsent_bytes_max = std::size_t{4} << 20;

/// What is told of peers. For one link in its order and one at a time: `up`, then texts, then `down`; a link
/// that never came up is not told of. They must not block for long, and must not throw.
struct peer_events {
  /// Whether a peer that is who it says it is comes in: the terms that it is told, or the reason why not.
  std::function<caf::expected<std::string>(const link::identity&, const std::string& offers)> admit;
  /// What to bring along to an acceptor. May throw `thrown_error`: then it is dialed again later.
  std::function<std::string()> offers;
  std::function<void(const peer&)> up;
  std::function<void(std::uint64_t link, std::string text)> text;
  /// A link was full and is not any more.
  std::function<void(std::uint64_t link)> eased = {};
  std::function<void(std::uint64_t link, const std::string& why)> down;
  /// A try to reach whoever is dialed has come to nothing, and why; the next one comes. May be empty.
  std::function<void(const std::string& why)> unreached = {};
};

/// All members are thread-safe. What waits says so; it must not be called by an event.
class messenger {
public:
  virtual ~messenger() = default;

  /// Ends all links and takes no more; returns when the last event was told. Idempotent; what is asked of it
  /// afterwards has no effect.
  virtual void close() = 0;

  /// Takes whoever comes to "host:port" from now on; returns the port, of use where 0 was asked for. Errors
  /// are those of the endpoint (link/endpoint.hpp).
  virtual caf::expected<std::uint16_t> listen(const std::string& address) = 0;

  /// Keeps a link to "host:port" up from now on.
  virtual caf::error dial(const std::string& address) = 0;

  /// Dials nobody any more. True if there is no link then. Waits.
  virtual bool stop_dialing() = 0;

  /// Says farewell; one that was dialed is not dialed again. What was sent and has not left yet is dropped.
  virtual void leave(std::uint64_t link, const std::string& why) = 0;

  /// Ends it, and says why.
  virtual void end(std::uint64_t link, const std::string& why) = 0;

  /// Those that are up. Waits.
  [[nodiscard]] virtual std::vector<link::link_state> links() const = 0;

  /// The longest text that can be sent.
  [[nodiscard]] virtual std::size_t text_bytes_max() const = 0;

  /// Sends a text to the peer at the other end, after those that were sent before. False if the link is not
  /// up; one that goes down takes what is under way with it. Does not block: it waits in memory, and who can
  /// wait sends no more while the link is full.
  virtual bool send(std::uint64_t link, std::string text) = 0;

  /// Whether more than `unsent_bytes_max` of what was sent has not left yet. False if it is not up.
  [[nodiscard]] virtual bool is_full(std::uint64_t link) const = 0;
};

/// Makes one that tells these events.
using messenger_maker = std::function<caf::expected<std::unique_ptr<messenger>>(peer_events)>;

}  // namespace weir::nodes
