#pragma once

/// A link in use: carries the bytes of two engines between a peer and the engine here, says that we are here,
/// and notices when the peer is not, or takes nothing. What comes from the peer is checked before the engine
/// sees any of it. All of it belongs to one thread. What it sends stays with the engine until it was written.

#include <weir/runtime/link/coroutine.hpp>
#include <weir/runtime/link/engine_end.hpp>
#include <weir/runtime/link/engine_frames.hpp>
#include <weir/runtime/link/record_stream.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

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
  using ended = std::function<void(const std::string& why)>;

  relay(const asio::any_io_executor& on, std::unique_ptr<record_stream> peer, const relay_options& options,
        ended tell);

  /// Begins, with this check of what comes; it lives until it has ended, whoever holds it.
  void start(std::shared_ptr<engine_end> engine, engine_frames check);

  /// Says farewell, then ends; after a heartbeat in any case. What was not sent yet is not sent, and what
  /// comes is dropped.
  void leave(const std::string& why) { end_with(record_kind::farewell, why, "we left: " + printable(why)); }

  /// The same with a peer that is wanted no more.
  void refuse(const std::string& why) { end_with(record_kind::refusal, why, why); }

  /// Ends now. Idempotent: the first reason is told.
  void end(const std::string& why);

  [[nodiscard]] const link_counts& counts() const noexcept { return counts_; }

  /// Whether it was the peer that said farewell.
  [[nodiscard]] bool peer_left() const noexcept { return peer_left_; }

private:
  using clock = std::chrono::steady_clock;

  void spawn(asio::awaitable<void> (relay::*loop)());
  void end_with(record_kind last, std::string why, std::string told);
  [[nodiscard]] asio::awaitable<void> from_peer();
  [[nodiscard]] asio::awaitable<void> to_peer();
  void to_engine(bytes_view content);
  [[nodiscard]] asio::awaitable<void> watch();
  [[nodiscard]] asio::awaitable<bool> write_next();
  [[nodiscard]] std::optional<std::string> lost_because(clock::time_point now);
  void handle_pong(std::string_view content);

  asio::any_io_executor on_;
  std::unique_ptr<record_stream> peer_;
  std::shared_ptr<engine_end> engine_;  // null: it has not begun
  std::optional<engine_frames> check_;  // likewise
  relay_options options_;
  ended tell_;
  link_counts counts_;

  std::optional<std::string> pong_due_;  // the content of the last ping: whoever sends many gets one
  std::optional<std::string> last_word_;
  record_kind last_kind_ = record_kind::farewell;
  std::string told_;                                // of the end that it leads to
  std::optional<clock::time_point> writing_since_;  // to the peer
  clock::time_point ping_at_;
  clock::time_point pinged_;
  asio::steady_timer to_send_;  // runs out when there is something to send
  asio::steady_timer silence_;
  bool peer_left_ = false;
  bool over_ = false;
};

}  // namespace weir::link
