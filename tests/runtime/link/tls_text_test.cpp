#include <weir/runtime/link/tls_text.hpp>

#include <boost/asio/ssl/error.hpp>
#include <boost/test/unit_test.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <utility>
#include <vector>

using namespace weir::link;

namespace {

std::string said_of(int reason, int library = ERR_LIB_SSL) {
  return tls_error_text(
      {static_cast<int>(ERR_PACK(library, 0, reason)), boost::asio::error::get_ssl_category()});
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(link_tls_text)

BOOST_AUTO_TEST_CASE(what_ends_a_handshake_is_said_in_words_of_ours) {
  const std::vector<std::pair<int, std::string>> all{
      {SSL_R_WRONG_VERSION_NUMBER, "it speaks no TLS, and we do: set authority"},
      {SSL_R_HTTP_REQUEST, "it speaks HTTP and no TLS"},
      {SSL_R_HTTPS_PROXY_REQUEST, "it speaks HTTP and no TLS"},
      {SSL_R_UNSUPPORTED_PROTOCOL, "it speaks no TLS 1.3"},
      {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "it speaks no TLS 1.3"},
      {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "it showed no certificate: "},
      {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "it wants to see a certificate, and we have none: set"},
      {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "it does not know the authority that has signed our certificate: "},
      {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "our certificate has expired, by its clock: remove"},
      {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "it did not accept our certificate; its log says why"},
      {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, "it did not accept our certificate; its log says why"},
      {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, "it did not accept our certificate; its log says why"},
      {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "it did not accept our certificate; its log says why"},
  };
  for (const auto& [reason, words] : all)
    BOOST_TEST(said_of(reason).find(words) == 0u, said_of(reason));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_certificate_is_said_in_words_of_ours) {
  const std::vector<std::pair<long, std::string>> all{
      {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "its certificate is signed by another authority than ours: "},
      {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "its certificate is signed by another authority"},
      {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "its certificate is signed by another authority"},
      {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "its certificate is signed by another authority"},
      {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "its certificate is signed by another authority"},
      {X509_V_ERR_CERT_SIGNATURE_FAILURE, "its certificate is signed by another authority"},
      {X509_V_ERR_CERT_HAS_EXPIRED, "its certificate has expired, by our clock: remove"},
      {X509_V_ERR_CERT_NOT_YET_VALID, "its certificate is not valid yet, by our clock: "},
      {X509_V_ERR_INVALID_PURPOSE, "its certificate is not for a node: "},
  };
  for (const auto& [looked, words] : all)
    BOOST_TEST(peer_certificate_text(looked).find(words) == 0u, peer_certificate_text(looked));
}

BOOST_AUTO_TEST_CASE(what_has_no_words_of_ours_keeps_those_of_openssl) {
  // They are there from the first use of TLS on.
  BOOST_TEST_REQUIRE(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr) == 1);
  BOOST_TEST(said_of(SSL_R_NO_SHARED_CIPHER) == "TLS has failed (no shared cipher)");
  // The same number means something else in another part of OpenSSL.
  BOOST_TEST(says(said_of(SSL_R_WRONG_VERSION_NUMBER, ERR_LIB_X509), "TLS has failed ("));
  BOOST_TEST(peer_certificate_text(X509_V_ERR_CERT_REVOKED) ==
             "its certificate was not accepted (certificate revoked)");
}

BOOST_AUTO_TEST_SUITE_END()
