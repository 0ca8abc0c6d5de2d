#pragma once

/// How two nodes get to know each other once there is a channel; after it either knows who the other one is,
/// or one of them has refused and both know why. Who wants a time limit closes the channel.

#include <weir/runtime/link/greeting.hpp>
#include <weir/runtime/link/link_options.hpp>
#include <weir/runtime/link/record_stream.hpp>

#include <functional>
#include <string>

namespace weir::link {

/// The peer, and what it said for those above the link: its offers, or its terms.
struct acquaintance {
  identity who;
  std::string said;
};

/// Whether a peer that is who it says it is comes in: the terms, or the reason why not.
using admission = std::function<caf::expected<std::string>(const identity&, const std::string& offers)>;

/// The acceptor's side. Throws `thrown_error` of `ec::link`; the peer has been told then, if it could be.
[[nodiscard]] asio::awaitable<acquaintance> greet_dialer(record_stream& with, const identity& ours,
                                                         const link_options& options, admission admit);

/// Why an acceptor is told this instead of who we are; no error: it is told who.
using objection = std::function<caf::error(const identity& acceptor)>;

/// The dialer's side. Throws `thrown_error` of `ec::link`; the acceptor has been told then, if it could be.
[[nodiscard]] asio::awaitable<acquaintance> greet_acceptor(record_stream& with, const identity& ours,
                                                           const link_options& options, objection object,
                                                           std::string offers);

}  // namespace weir::link
