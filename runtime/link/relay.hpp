#pragma once

/// A link in use: carries the bytes of two engines between a peer and one end of a pair of sockets whose
/// other end the engine here has, says that we are here, and notices when the peer is not, or takes nothing.
/// What comes from the peer is checked before the engine sees any of it. All of it belongs to one thread.
///
/// It holds at most one record in each direction, and reads no more while what it has let pass waits to be
/// handled: whoever is slow at one end holds up the other. (The engine takes whatever it is given.)

#include <weir/runtime/link/backlog.hpp>
#include <weir/runtime/link/coroutine.hpp>
#include <weir/runtime/link/engine_frames.hpp>
#include <weir/runtime/link/record_stream.hpp>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::link {

struct relay_options {
  std::chrono::nanoseconds heartbeat;
  std::chrono::nanoseconds timeout;
};

/// Counts of the whole life of a link.
struct link_counts {
  std::uint64_t bytes_in = 0;  ///< of engine data
  std::uint64_t bytes_out = 0;
  std::chrono::nanoseconds round_trip{};  ///< the last one; zero before the first
};

class relay : public std::enable_shared_from_this<relay> {
public:
  using engine_socket = boost::asio::local::stream_protocol::socket;
  using ended = std::function<void(const std::string& why)>;

  relay(std::unique_ptr<record_stream> peer, engine_socket engine, std::shared_ptr<backlog> unhandled,
        const relay_options& options, ended tell);

  /// Begins, with this check of what comes; it lives until it has ended, whoever holds it.
  void start(engine_frames check);

  /// Says farewell, then ends; at once if the peer does not take it within a heartbeat.
  void leave(std::string why);

  /// Ends now. Idempotent: the first reason is told.
  void end(const std::string& why);

  [[nodiscard]] const link_counts& counts() const noexcept { return counts_; }

private:
  using clock = std::chrono::steady_clock;

  void spawn(asio::awaitable<void> (relay::*loop)());
  [[nodiscard]] asio::awaitable<void> from_peer();
  [[nodiscard]] asio::awaitable<void> from_engine();
  [[nodiscard]] asio::awaitable<void> to_peer();
  [[nodiscard]] asio::awaitable<void> to_engine(bytes_view content);
  [[nodiscard]] asio::awaitable<void> watch();
  [[nodiscard]] asio::awaitable<void> wait_for_handling();
  [[nodiscard]] asio::awaitable<bool> write_next();
  [[nodiscard]] std::optional<std::string> lost_because(clock::time_point now) const;
  void handle_pong(std::string_view content);

  std::unique_ptr<record_stream> peer_;
  engine_socket engine_;
  std::optional<engine_frames> check_;  // none: it has not begun
  std::shared_ptr<backlog> unhandled_;
  relay_options options_;
  ended tell_;
  link_counts counts_;

  std::vector<std::byte> outgoing_;      // a record of engine data behind room for its head
  std::size_t outgoing_bytes_ = 0;       // of the content; 0: there is room
  std::optional<std::string> pong_due_;  // the content of the last ping: whoever sends many gets one
  std::optional<std::string> farewell_;
  std::optional<clock::time_point> writing_since_;  // to the peer
  bool engine_is_slow_ = false;  // the peer is not read just now, and that is not its doing
  clock::time_point ping_at_;
  clock::time_point pinged_;
  asio::steady_timer to_send_;  // runs out when there is something to send
  asio::steady_timer room_;     // when `outgoing_` was sent
  asio::steady_timer silence_;
  bool over_ = false;
};

}  // namespace weir::link
