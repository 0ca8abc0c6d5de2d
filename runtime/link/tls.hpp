#pragma once

/// TLS between nodes: version 1.3 only, certificates of one private authority on both sides, no resumption.
/// Whom a certificate names is checked by the connection (`certifies`): that it is the authority's is not
/// enough.

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <memory>
#include <string>

struct x509_st;
namespace boost::asio::ssl {
class context;
}

namespace weir::link {

/// PEM files. All three are needed, or none: then there is no TLS, which is for loopback alone.
struct tls_files {
  std::string authority;    ///< certificates of those who may sign a node's
  std::string certificate;  ///< of this node, signed by one of them; the chain may follow
  std::string key;          ///< of that certificate; nobody but its owner may read it

  [[nodiscard]] bool none() const noexcept { return authority.empty() && certificate.empty() && key.empty(); }
  [[nodiscard]] bool complete() const noexcept {
    return !authority.empty() && !certificate.empty() && !key.empty();
  }
};

using tls_context = std::shared_ptr<boost::asio::ssl::context>;

/// Reads the files and tries them: that the key is the certificate's, that the certificate is the
/// authority's, that it is valid today and names `own_name`. Errors are of `ec::invalid_option` and name the
/// file. Blocks on reading.
[[nodiscard]] caf::expected<tls_context> load_tls(const tls_files& files, const std::string& own_name);

/// An error of `ec::invalid_option` if others than its owner may read a key: it is not a secret any more.
[[nodiscard]] caf::error check_secrecy(const std::string& key_file);

/// Whether `certificate` is one for the node `name`: one of its DNS names is that, to the letter.
[[nodiscard]] bool certifies(x509_st* certificate, const std::string& name);

/// The first of its DNS names, for a person; "nobody" without one.
[[nodiscard]] std::string named_in(x509_st* certificate);

}  // namespace weir::link
