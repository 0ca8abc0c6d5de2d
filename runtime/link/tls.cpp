#include <weir/actors/error.hpp>
#include <weir/runtime/link/record.hpp>
#include <weir/runtime/link/tls.hpp>
#include <weir/runtime/system/system_error.hpp>

#include <boost/asio/ssl/context.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include <sys/stat.h>

namespace weir::link {

namespace {

namespace ssl = boost::asio::ssl;

using names_ptr = std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)>;
using store_ctx_ptr = std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)>;

caf::error bad(const std::string& what) {
  return make_error(ec::invalid_option, what);
}

std::string reason_of(const boost::system::error_code& e) {
  return e.message();
}

/// As a peer will look at it: one that it dials, or one that dials it.
caf::error check_chain(ssl::context& of, const std::string& file, const char* purpose) {
  auto* const handle = of.native_handle();
  const store_ctx_ptr check{X509_STORE_CTX_new(), &X509_STORE_CTX_free};
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(handle, &chain);
  if (!check ||
      X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(handle), SSL_CTX_get0_certificate(handle),
                          chain) != 1 ||
      X509_STORE_CTX_set_default(check.get(), purpose) != 1)
    return bad("certificate: " + file + ": it can't be checked");
  if (X509_verify_cert(check.get()) == 1)
    return {};
  return bad("certificate: " + file + ": " +
             X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get())));
}

std::vector<std::string> dns_names(x509_st* certificate) {
  std::vector<std::string> out;
  if (!certificate)
    return out;
  const names_ptr names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free};
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i)
    if (const auto* name = sk_GENERAL_NAME_value(names.get(), i); name->type == GEN_DNS)
      out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                       static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  return out;
}

}  // namespace

caf::expected<tls_context> load_tls(const tls_files& files, const std::string& own_name) {
  if (const auto e = check_secrecy(files.key))
    return bad("private_key: " + text_of(e));
  auto made = std::make_shared<ssl::context>(ssl::context::tls);
  auto* const handle = made->native_handle();
  SSL_CTX_set_min_proto_version(handle, TLS1_3_VERSION);
  SSL_CTX_set_num_tickets(handle, 0);
  SSL_CTX_set_session_cache_mode(handle, SSL_SESS_CACHE_OFF);
  // Nobody here resumes a session.
  SSL_CTX_set_options(handle, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  made->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  boost::system::error_code e;
  // Else OpenSSL asks for it on the terminal.
  made->set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string{}; }, e);
  if (made->load_verify_file(files.authority, e); e)
    return bad("authority: " + files.authority + ": " + reason_of(e));
  if (made->use_certificate_chain_file(files.certificate, e); e)
    return bad("certificate: " + files.certificate + ": " + reason_of(e));
  // It fails too if the key is not the certificate's.
  if (made->use_private_key_file(files.key, ssl::context::pem, e); e)
    return bad("private_key: " + files.key + ": " + reason_of(e));
  for (const auto* purpose : {"ssl_server", "ssl_client"})
    if (auto broken = check_chain(*made, files.certificate, purpose))
      return broken;
  auto* const own = SSL_CTX_get0_certificate(handle);
  if (!certifies(own, own_name))
    return bad("certificate: " + files.certificate + ": it is for " + named_in(own) + ", not for " +
               own_name);
  return made;
}

caf::error check_secrecy(const std::string& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0)
    return bad(file + ": " + detail::system_error_text("stat", errno));
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return bad(file + ": others than its owner may read it; chmod 600 " + file);
  return {};
}

bool certifies(x509_st* certificate, const std::string& name) {
  const auto names = dns_names(certificate);
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string named_in(x509_st* certificate) {
  const auto names = dns_names(certificate);
  return names.empty() ? "nobody" : printable(names.front());
}

}  // namespace weir::link
