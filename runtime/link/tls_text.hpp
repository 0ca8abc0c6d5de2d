#pragma once

/// What fails in TLS with a peer, in words for whoever has to mend it: what the peer is or lacks, and what to
/// do. OpenSSL's own words stand in parentheses where there are none of ours.

#include <weir/runtime/link/coroutine.hpp>

#include <string>

namespace weir::link {

/// Of an error of OpenSSL's: what the peer sent is not TLS as it must be, or it has told why it goes.
[[nodiscard]] std::string tls_error_text(const error_code& e);

/// Of a peer's certificate that was looked at with this result (X509_V_ERR_…).
[[nodiscard]] std::string peer_certificate_text(long looked);

}  // namespace weir::link
