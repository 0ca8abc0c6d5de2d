#include <weir/actors/error.hpp>
#include <weir/runtime/link/channel.hpp>
#include <weir/runtime/link/tls_text.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>

#include <utility>

namespace weir::link {

namespace {

using asio::ip::tcp;

[[noreturn]] void fail(const std::string& text) {
  throw thrown_error{make_error(ec::link, text)};
}

[[noreturn]] void fail(const error_code& e) {
  if (e == asio::error::eof || e == asio::ssl::error::stream_truncated ||
      e == asio::error::connection_reset || e == asio::error::broken_pipe)
    fail("it has closed the connection");
  // Of a certificate that was not accepted the dialer hears only after its own part of the handshake.
  fail(e.category() == asio::error::get_ssl_category() ? tls_error_text(e) : e.message());
}

template <class Stream>
asio::awaitable<std::size_t> read_some_of(Stream& stream, std::span<std::byte> into) {
  error_code e;
  const auto n = co_await stream.async_read_some(asio::buffer(into.data(), into.size()),
                                                 asio::redirect_error(asio::use_awaitable, e));
  if (e)
    fail(e);
  co_return n;
}

/// All of it, with as few calls as the system needs; Boost.Asio's own condition asks for 64 KiB at a time.
std::size_t all_at_once(const error_code& e, std::size_t) {
  return e ? 0 : record_limits::record_bytes_max;
}

template <class Stream>
asio::awaitable<void> write_to(Stream& stream, bytes_view from) {
  error_code e;
  co_await asio::async_write(stream, asio::buffer(from.data(), from.size()), all_at_once,
                             asio::redirect_error(asio::use_awaitable, e));
  if (e)
    fail(e);
}

void close_socket(tcp::socket& s) noexcept {
  error_code ignored;  // it is closed whatever it says
  s.close(ignored);
}

class plain_channel : public channel {
public:
  explicit plain_channel(tcp::socket socket) : socket_(std::move(socket)) {}

  asio::awaitable<void> handshake(role) override { co_return; }
  asio::awaitable<std::size_t> read_some(std::span<std::byte> into) override {
    return read_some_of(socket_, into);
  }
  asio::awaitable<void> write(bytes_view from) override { return write_to(socket_, from); }
  bool certified_as(const std::string&) const override { return true; }
  std::string certified_name() const override { return "nobody"; }
  void close() noexcept override { close_socket(socket_); }

private:
  tcp::socket socket_;
};

class tls_channel : public channel {
public:
  tls_channel(tcp::socket socket, tls_context tls)
      : tls_(std::move(tls)), stream_(std::move(socket), *tls_) {}

  asio::awaitable<void> handshake(role ours) override {
    error_code e;
    co_await stream_.async_handshake(
        ours == role::acceptor ? asio::ssl::stream_base::server : asio::ssl::stream_base::client,
        asio::redirect_error(asio::use_awaitable, e));
    if (!e)
      co_return;
    // The reason that counts is in the look at the certificate: all else says that it "failed".
    if (const auto looked = SSL_get_verify_result(native()); looked != X509_V_OK)
      fail(peer_certificate_text(looked));
    if (e == asio::error::eof || e == asio::ssl::error::stream_truncated ||
        e == asio::error::connection_reset)
      fail("it closed the connection during the TLS handshake: it may be without TLS, or not accept ours");
    fail(e);
  }
  asio::awaitable<std::size_t> read_some(std::span<std::byte> into) override {
    return read_some_of(stream_, into);
  }
  asio::awaitable<void> write(bytes_view from) override { return write_to(stream_, from); }
  bool certified_as(const std::string& name) const override { return certifies(certificate(), name); }
  std::string certified_name() const override { return named_in(certificate()); }
  void close() noexcept override { close_socket(stream_.next_layer()); }

private:
  SSL* native() const { return const_cast<tls_channel*>(this)->stream_.native_handle(); }
  X509* certificate() const { return SSL_get0_peer_certificate(native()); }

  tls_context tls_;
  asio::ssl::stream<tcp::socket> stream_;
};

}  // namespace

std::unique_ptr<channel> make_channel(tcp::socket socket, tls_context tls) {
  if (tls)
    return std::make_unique<tls_channel>(std::move(socket), std::move(tls));
  return std::make_unique<plain_channel>(std::move(socket));
}

}  // namespace weir::link
