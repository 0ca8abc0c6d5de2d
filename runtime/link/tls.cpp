#include <weir/actors/error.hpp>
#include <weir/runtime/link/record.hpp>
#include <weir/runtime/link/tls.hpp>
#include <weir/runtime/system/system_error.hpp>

#include <boost/asio/ssl/context.hpp>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <system_error>
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

/// One of the three files, as messages call it.
struct named_file {
  const char* key;
  const std::string& path;
  bool is_key;

  [[nodiscard]] std::string wanted() const { return is_key ? "a private key" : "a certificate"; }
  [[nodiscard]] caf::error refused(const std::string& why) const {
    return bad(std::string{key} + ": " + path + ": " + why);
  }
};

/// What stands before the parts of a file in PEM.
struct seen_labels {
  bool certificate = false;
  bool key = false;
  bool password = false;
};

/// Of the first MiB: what has no part that counts by then is none of these files. None if it can't be read.
std::optional<seen_labels> look_into(const std::string& path) {
  constexpr std::size_t bytes_max = std::size_t{1} << 20;
  std::ifstream from{path, std::ios::binary};
  if (!from)
    return std::nullopt;
  std::string text(bytes_max, '\0');
  from.read(text.data(), static_cast<std::streamsize>(text.size()));
  const auto has = [&](const char* what) { return text.find(what) != std::string::npos; };
  const seen_labels seen{has("CERTIFICATE-----"), has("PRIVATE KEY-----"), has("ENCRYPTED")};
  OPENSSL_cleanse(text.data(), text.size());
  return seen;
}

/// Where a relative path leads to is what a person does not see.
std::string looked_for(const std::string& path) {
  std::error_code e;
  const auto here = std::filesystem::current_path(e);
  return e || path.starts_with('/') ? std::string{}
                                    : "; it is looked for in " + here.string() + ", where this process runs";
}

/// OpenSSL says of a file that is missing, of another kind or locked little that helps.
caf::error look_at(const named_file& of) {
  const auto unreadable = [&](const char* call) {
    const auto number = errno;
    return of.refused("it can't be read: " + detail::system_error_text(call, number) +
                      (number == ENOENT ? looked_for(of.path) : std::string{}));
  };
  struct stat found {};
  if (::stat(of.path.c_str(), &found) != 0)
    return unreadable("stat");
  if (S_ISDIR(found.st_mode))
    return of.refused("it is a folder; a file in PEM with " + of.wanted() + " is allowed");
  // What is no regular file can be read only once.
  if (!S_ISREG(found.st_mode))
    return {};
  const auto seen = look_into(of.path);
  if (!seen)
    return unreadable("open");
  if (of.is_key ? !seen->key : !seen->certificate)
    return of.refused((seen->key           ? "it has a private key, and not "
                       : seen->certificate ? "it has a certificate, and not "
                                           : "it does not have ") +
                      of.wanted() + "; a file in PEM is allowed, with a line \"-----BEGIN " +
                      (of.is_key ? "PRIVATE KEY" : "CERTIFICATE") + "-----\"");
  if (of.is_key && seen->password)
    return of.refused("it is locked with a password, which nobody can be asked for; `openssl pkey -in " +
                      of.path + "` writes one that is not");
  return {};
}

/// A file that looked right and is not.
caf::error damaged(const named_file& of, const boost::system::error_code& e) {
  return of.refused(of.wanted() + " in it is damaged (" + e.message() +
                    "): copy it again from where it was made");
}

std::string date_of(const ASN1_TIME* at) {
  std::tm day{};
  if (ASN1_TIME_to_tm(at, &day) != 1)
    return "a day that can't be read";
  char text[32] = "";
  static_cast<void>(std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &day));
  return text;
}

std::string refusal_text(X509_STORE_CTX* of, const std::string& authority) {
  const auto* const at = X509_STORE_CTX_get_current_cert(of);
  const std::string which =
      X509_STORE_CTX_get_error_depth(of) == 0 ? "it" : "the authority that has signed it";
  switch (X509_STORE_CTX_get_error(of)) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "nobody in the authority " + authority +
             " has signed it; take the authority.pem of the folder where it was made";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return which + " has expired on " + date_of(X509_get0_notAfter(at)) +
             "; remove the old files, and have new ones made (`weir certs`)";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return which + " is valid from " + date_of(X509_get0_notBefore(at)) + " on; is the clock right?";
    case X509_V_ERR_INVALID_PURPOSE:
      return which +
             " is not for a node, which shows it to those that it dials and to those that dial it: "
             "the purposes serverAuth and clientAuth are needed, as `weir certs` gives them";
    default:
      return which + " was not accepted: " + X509_verify_cert_error_string(X509_STORE_CTX_get_error(of));
  }
}

/// As a peer will look at it: one that it dials, or one that dials it.
caf::error check_chain(ssl::context& of, const named_file& certificate, const std::string& authority,
                       const char* purpose) {
  auto* const handle = of.native_handle();
  const store_ctx_ptr check{X509_STORE_CTX_new(), &X509_STORE_CTX_free};
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(handle, &chain);
  if (!check ||
      X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(handle), SSL_CTX_get0_certificate(handle),
                          chain) != 1 ||
      X509_STORE_CTX_set_default(check.get(), purpose) != 1)
    return certificate.refused("it can't be checked");
  if (X509_verify_cert(check.get()) == 1)
    return {};
  return certificate.refused(refusal_text(check.get(), authority));
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
  const named_file authority{"authority", files.authority, false};
  const named_file certificate{"certificate", files.certificate, false};
  const named_file key{"private_key", files.key, true};
  for (const auto* file : {&authority, &certificate, &key})
    if (auto e = look_at(*file))
      return e;
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
    return damaged(authority, e);
  if (made->use_certificate_chain_file(files.certificate, e); e)
    return damaged(certificate, e);
  // It fails too if the key is not the certificate's.
  if (made->use_private_key_file(files.key, ssl::context::pem, e); e) {
    const auto reason = ERR_GET_REASON(static_cast<unsigned long>(e.value()));
    if (reason != X509_R_KEY_VALUES_MISMATCH && reason != X509_R_KEY_TYPE_MISMATCH)
      return damaged(key, e);
    return key.refused("it is not the key of the certificate " + files.certificate +
                       "; take the one that was made with it");
  }
  for (const auto* purpose : {"ssl_server", "ssl_client"})
    if (auto broken = check_chain(*made, certificate, files.authority, purpose))
      return broken;
  auto* const own = SSL_CTX_get0_certificate(handle);
  if (!certifies(own, own_name))
    return certificate.refused("it is for " + named_in(own) + ", not for " + own_name +
                               ": take that of this name, or change `name`");
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
