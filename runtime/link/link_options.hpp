#pragma once

/// How a node meets others.

#include <weir/runtime/link/tls.hpp>
#include <weir/runtime/options.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace weir::link {

struct link_options {
  std::string name;  ///< ours: letters, digits, '.', '_' and '-', 64 at most
  tls_files tls;     ///< all of it, or nothing and loopback alone
  /// The names of the peers that may connect, or be connected to. "*" stands for each whose certificate says
  /// its name. At least one.
  std::vector<std::string> peers;

  duration handshake_time =
      std::chrono::seconds{5};                   ///< until a peer must be admitted, all told; 1 ms to 1 min
  duration heartbeat = std::chrono::seconds{1};  ///< how often we say that we are here; 10 ms to 1 min
  /// A peer of which nothing was heard for so long is lost; at least twice the heartbeat, 10 min at most.
  duration timeout = std::chrono::seconds{3};
  duration backoff = std::chrono::milliseconds{100};  ///< a dialer's first wait; 1 ms to `backoff_max`
  duration backoff_max = std::chrono::seconds{10};    ///< no wait is longer; 1 h at most

  std::size_t connections_max = 64;  ///< admitted peers; 1 to 10,000
  std::size_t handshakes_max =
      32;  ///< peers not admitted yet; for one more the oldest has to go; 1 to 10,000
  /// Of one message between engines, the same at both ends; 64 KiB to 1 GiB.
  std::size_t frame_bytes_max = std::size_t{1} << 20;

  /// An error of `ec::invalid_option` that names the option and what is allowed.
  [[nodiscard]] caf::error validate() const;

  /// Whether a peer of this name may be at the other end.
  [[nodiscard]] bool allows(const std::string& peer) const;
};

}  // namespace weir::link
