#include <weir/actors/error.hpp>
#include <weir/runtime/link/channel.hpp>
#include <weir/runtime/link/tls_text.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>

#include <chrono>
#include <utility>

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

namespace weir::link {

namespace {

using asio::ip::tcp;

/// Of what was written: it has not been sent for the first time.
constexpr int not_sent_by_system_bytes_max = 256 << 10;

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

/// Sees whether a peer takes what is written. While the system has room for more a part of it is written;
/// while it has none it has less and less to be acknowledged.
class write_progress {
public:
  void wrote() noexcept { at_ = std::chrono::steady_clock::now(); }

  std::chrono::steady_clock::time_point look(tcp::socket& s, std::chrono::steady_clock::time_point now) {
    int left = 0;
    if (::ioctl(s.native_handle(), SIOCOUTQ, &left) == 0 && std::exchange(left_, left) > left)
      at_ = now;
    return at_;
  }

private:
  std::chrono::steady_clock::time_point at_{};
  int left_ = 0;  // bytes
};

/// With as few calls as the system needs; Boost.Asio's own condition asks for 64 KiB at a time.
template <class Stream>
asio::awaitable<void> write_to(Stream& stream, bytes_view from, write_progress& progress) {
  error_code e;
  const auto all_at_once = [&progress](const error_code& failed, std::size_t) -> std::size_t {
    progress.wrote();
    return failed ? 0 : record_limits::record_bytes_max;
  };
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
  asio::awaitable<void> write(bytes_view from) override { return write_to(socket_, from, progress_); }
  bool certified_as(const std::string&) const override { return true; }
  std::string certified_name() const override { return "nobody"; }
  std::chrono::steady_clock::time_point took(std::chrono::steady_clock::time_point now) noexcept override {
    return progress_.look(socket_, now);
  }
  void close() noexcept override { close_socket(socket_); }

private:
  tcp::socket socket_;
  write_progress progress_;
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
  asio::awaitable<void> write(bytes_view from) override { return write_to(stream_, from, progress_); }
  bool certified_as(const std::string& name) const override { return certifies(certificate(), name); }
  std::string certified_name() const override { return named_in(certificate()); }
  std::chrono::steady_clock::time_point took(std::chrono::steady_clock::time_point now) noexcept override {
    return progress_.look(stream_.next_layer(), now);
  }
  void close() noexcept override { close_socket(stream_.next_layer()); }

private:
  SSL* native() const { return const_cast<tls_channel*>(this)->stream_.native_handle(); }
  X509* certificate() const { return SSL_get0_peer_certificate(native()); }

  tls_context tls_;
  asio::ssl::stream<tcp::socket> stream_;
  write_progress progress_;
};

}  // namespace

std::unique_ptr<channel> make_channel(tcp::socket socket, tls_context tls) {
  // What the system takes before the network does is in the way of a cancel, and of a heartbeat.
  using unsent_max = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;
  error_code ignored;  // else it is slower on a slow link
  socket.set_option(unsent_max{not_sent_by_system_bytes_max}, ignored);
  if (tls)
    return std::make_unique<tls_channel>(std::move(socket), std::move(tls));
  return std::make_unique<plain_channel>(std::move(socket));
}

}  // namespace weir::link
