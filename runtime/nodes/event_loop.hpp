#pragma once

/// CAF's middleman on a loop of Boost.Asio's, which the links use as well: what a peer sends comes to the
/// actor for which it is on the thread that has read it, without a second socket in between. It has no
/// sockets of its own: nobody can be reached by it but over connections that it was given.

#include <weir/runtime/link/engine_end.hpp>

#include <boost/asio/io_context.hpp>
#include <caf/io/network/multiplexer.hpp>
#include <caf/io/scribe.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace weir::nodes {

class event_loop final : public caf::io::network::multiplexer {
public:
  explicit event_loop(caf::actor_system* system);
  ~event_loop() override;

  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

  /// A connection: one end for CAF's broker, and one for the relay of a link. `left` is told how many bytes
  /// that one has taken, on the loop's thread.
  struct connection {
    caf::io::scribe_ptr scribe;
    std::shared_ptr<link::engine_end> end;
  };
  [[nodiscard]] connection make_connection(std::function<void(std::size_t)> left);

  // What CAF asks of it.
  supervisor_ptr make_supervisor() override;
  bool try_run_once() override;
  void run_once() override;
  void run() override;
  void exec_later(caf::resumable* what) override;

  // What would open a socket: refused.
  caf::io::scribe_ptr new_scribe(caf::io::network::native_socket fd) override;
  caf::expected<caf::io::scribe_ptr> new_tcp_scribe(const std::string& host, std::uint16_t port) override;
  caf::io::doorman_ptr new_doorman(caf::io::network::native_socket fd) override;
  caf::expected<caf::io::doorman_ptr> new_tcp_doorman(std::uint16_t port, const char* in,
                                                      bool reuse) override;
  caf::io::datagram_servant_ptr new_datagram_servant(caf::io::network::native_socket fd) override;
  caf::io::datagram_servant_ptr new_datagram_servant_for_endpoint(
      caf::io::network::native_socket fd, const caf::io::network::ip_endpoint& at) override;
  caf::expected<caf::io::datagram_servant_ptr> new_remote_udp_endpoint(const std::string& host,
                                                                       std::uint16_t port) override;
  caf::expected<caf::io::datagram_servant_ptr> new_local_udp_endpoint(std::uint16_t port, const char* in,
                                                                      bool reuse) override;

private:
  void resume(caf::intrusive_ptr<caf::resumable> what);

  boost::asio::io_context context_{1};
  std::int64_t last_connection_ = 0;
};

}  // namespace weir::nodes
