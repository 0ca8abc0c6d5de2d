#pragma once

/// Where a node listens or is dialed: "host:port", or "[host]:port" for an address of IPv6.

#include <caf/expected.hpp>

#include <cstdint>
#include <string>

namespace weir::link {

struct address {
  std::string host;
  std::uint16_t port = 0;

  /// Whether it says by itself that it is this machine: "localhost" or an address of loopback.
  [[nodiscard]] bool is_loopback() const;
};

/// Errors of `ec::invalid_option`.
[[nodiscard]] caf::expected<address> read_address(const std::string& text);

[[nodiscard]] std::string to_text(const address& a);

}  // namespace weir::link
