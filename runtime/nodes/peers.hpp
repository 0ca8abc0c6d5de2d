#pragma once

/// The other processes that this one works with: links to them (link/endpoint.hpp), and a gateway for each
/// (gateways.hpp), by which they send each other texts. Owns the threads of both.
///
/// All members are thread-safe.

#include <weir/runtime/link/endpoint.hpp>
#include <weir/runtime/nodes/gateways.hpp>
#include <weir/runtime/nodes/messenger.hpp>

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weir::nodes {

class peers final : public messenger {
public:
  /// Errors are those of the options and of the files that they name, of `ec::invalid_option`. Throws
  /// std::system_error if the system has no thread left.
  static caf::expected<std::unique_ptr<peers>> make(const link::link_options& options, peer_events events);

  /// Closes it.
  ~peers() override;
  peers(const peers&) = delete;
  peers& operator=(const peers&) = delete;

  // As of a messenger: the first ones are those of the endpoint, the others those of the gateways.
  void close() override;
  caf::expected<std::uint16_t> listen(const std::string& address) override {
    return endpoint_->listen(address);
  }
  caf::error dial(const std::string& address) override { return endpoint_->dial(address); }
  bool stop_dialing() override { return endpoint_->stop_dialing(); }
  void leave(std::uint64_t link, const std::string& why) override { endpoint_->leave(link, why); }
  void end(std::uint64_t link, const std::string& why) override { endpoint_->end(link, why); }
  [[nodiscard]] std::vector<link::link_state> links() const override { return endpoint_->links(); }
  [[nodiscard]] std::size_t text_bytes_max() const override { return gateways_->text_bytes_max(); }
  bool send(std::uint64_t link, std::string text) override { return gateways_->send(link, std::move(text)); }
  [[nodiscard]] bool is_full(std::uint64_t link) const override { return gateways_->is_full(link); }

private:
  peers(std::size_t frame_bytes_max, peer_events events);

  [[nodiscard]] gateway_events of_gateways();
  [[nodiscard]] link::link_events of_links();

  link::engine_side opened(const link::opened_link& p);
  void closed(std::uint64_t link, const std::string& why);
  void up(std::uint64_t link);
  void gateway_ended(std::uint64_t link);

  struct known {
    peer who;
    bool is_dialed = false;
    bool is_up = false;
    bool has_gateway = true;
    std::optional<std::string> closed_because;  // none: its link is there
  };

  /// Tells of the end of a peer once both its link and its gateway have ended, in whichever order.
  void tell_end(std::unique_lock<std::mutex> lock, std::uint64_t link);

  const peer_events events_;
  std::mutex mutex_;
  std::map<std::uint64_t, known> known_;
  std::unique_ptr<gateways> gateways_;
  std::unique_ptr<link::endpoint> endpoint_;  // runs on their loop
};

}  // namespace weir::nodes
