#include <weir/runtime/link/tls_text.hpp>

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace weir::link {

namespace {

struct words {
  long code;
  const char* text;
};

constexpr auto other_authority =
    "its certificate is signed by another authority than ours: both sides need the same authority.pem, and "
    "certificates that were made with it (`weir certs`)";
constexpr auto old_tls = "it speaks no TLS 1.3, and nothing older is allowed";
constexpr auto in_its_log = "it did not accept our certificate; its log says why";

constexpr std::array of_certificates{
    words{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, other_authority},
    words{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, other_authority},
    words{X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, other_authority},
    words{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, other_authority},
    words{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, other_authority},
    words{X509_V_ERR_CERT_SIGNATURE_FAILURE, other_authority},
    words{X509_V_ERR_CERT_HAS_EXPIRED,
          "its certificate has expired, by our clock: remove the old files over "
          "there, and have new ones made (`weir certs`)"},
    words{X509_V_ERR_CERT_NOT_YET_VALID,
          "its certificate is not valid yet, by our clock: are the clocks of both machines right?"},
    words{X509_V_ERR_INVALID_PURPOSE,
          "its certificate is not for a node: the purposes serverAuth and "
          "clientAuth are needed, as `weir certs` gives them"},
};

constexpr std::array of_reasons{
    words{SSL_R_WRONG_VERSION_NUMBER,
          "it speaks no TLS, and we do: set authority, certificate and private_key over there too"},
    words{SSL_R_HTTP_REQUEST, "it speaks HTTP and no TLS: it is no node"},
    words{SSL_R_HTTPS_PROXY_REQUEST, "it speaks HTTP and no TLS: it is no node"},
    words{SSL_R_UNSUPPORTED_PROTOCOL, old_tls},
    words{SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, old_tls},
    words{SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE,
          "it showed no certificate: each side needs its own (certificate and private_key)"},
    words{SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED,
          "it wants to see a certificate, and we have none: set certificate and private_key"},
    words{SSL_R_TLSV1_ALERT_UNKNOWN_CA,
          "it does not know the authority that has signed our certificate: both sides need the same "
          "authority.pem, and certificates that were made with it (`weir certs`)"},
    words{SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
          "our certificate has expired, by its clock: remove the old files, and have new ones made (`weir "
          "certs`)"},
    words{SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, in_its_log},
    words{SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, in_its_log},
    words{SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, in_its_log},
    words{SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, in_its_log},
};

template <std::size_t Size>
const char* find(const std::array<words, Size>& in, long code) {
  const auto found = std::find_if(in.begin(), in.end(), [&](const words& w) { return w.code == code; });
  return found != in.end() ? found->text : nullptr;
}

}  // namespace

std::string tls_error_text(const error_code& e) {
  const auto packed = static_cast<unsigned long>(e.value());
  const auto* const known =
      ERR_GET_LIB(packed) == ERR_LIB_SSL ? find(of_reasons, ERR_GET_REASON(packed)) : nullptr;
  return known ? known : "TLS has failed (" + e.message() + ")";
}

std::string peer_certificate_text(long looked) {
  const auto* const known = find(of_certificates, looked);
  return known ? known
               : std::string{"its certificate was not accepted ("} + X509_verify_cert_error_string(looked) +
                     ")";
}

}  // namespace weir::link
