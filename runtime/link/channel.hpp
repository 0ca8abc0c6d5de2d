#pragma once

/// The bytes between two nodes, encrypted or not. All of it belongs to one thread; one read and one write may
/// be under way at the same time. What fails throws `thrown_error` with an error of `ec::link`.

#include <weir/runtime/link/coroutine.hpp>
#include <weir/runtime/link/record.hpp>
#include <weir/runtime/link/tls.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <memory>
#include <span>
#include <string>

namespace weir::link {

class channel {
public:
  virtual ~channel() = default;

  /// Makes sure of the peer's certificate, where there is one.
  [[nodiscard]] virtual asio::awaitable<void> handshake(role ours) = 0;

  /// At least one byte.
  [[nodiscard]] virtual asio::awaitable<std::size_t> read_some(std::span<std::byte> into) = 0;

  /// All of it.
  [[nodiscard]] virtual asio::awaitable<void> write(bytes_view from) = 0;

  /// Whether the peer has shown a certificate for a node of this name. True where nobody shows one.
  [[nodiscard]] virtual bool certified_as(const std::string& name) const = 0;

  /// Whom its certificate names, for a person.
  [[nodiscard]] virtual std::string certified_name() const = 0;

  /// When the peer's system last took some of what was written, as far as that is known at `now`; to be asked
  /// now and then.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point took(
      std::chrono::steady_clock::time_point now) noexcept = 0;

  /// Ends what is under way. Idempotent.
  virtual void close() noexcept = 0;
};

/// Without a context there is no encryption.
[[nodiscard]] std::unique_ptr<channel> make_channel(asio::ip::tcp::socket socket, tls_context tls);

}  // namespace weir::link
