#include <weir/actors/error.hpp>
#include <weir/runtime/link/authority.hpp>
#include <weir/runtime/link/greeting.hpp>
#include <weir/runtime/link/tls.hpp>
#include <weir/runtime/system/system_error.hpp>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir::link {

namespace {

template <class T, void (*Free)(T*)>
struct freed {
  void operator()(T* x) const noexcept { Free(x); }
};
struct file_closed {
  void operator()(std::FILE* f) const noexcept { static_cast<void>(std::fclose(f)); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY, EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed<X509, X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed<X509_EXTENSION, X509_EXTENSION_free>>;
using file_ptr = std::unique_ptr<std::FILE, file_closed>;

constexpr mode_t for_its_owner = S_IRUSR | S_IWUSR;
constexpr mode_t for_everybody = for_its_owner | S_IRGRP | S_IROTH;
/// Of clocks that differ a little from that of whoever issued it.
constexpr long tolerance_seconds = 300;

caf::error io_error(const std::string& file, const char* call, int number) {
  return make_error(ec::io, file + ": " + detail::system_error_text(call, number));
}

/// What OpenSSL refuses here it refuses for want of memory or of randomness.
caf::error openssl_error(const char* what) {
  char text[256] = "";
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  return make_error(ec::io, std::string{what} + ": " + text);
}

/// A file that was not there before.
caf::expected<file_ptr> create(const std::string& name, mode_t mode) {
  const auto fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0 && errno == EEXIST)
    return make_error(ec::io,
                      name + " is there already, and is not written over; remove it to have another one");
  if (fd < 0)
    return io_error(name, "open", errno);
  file_ptr f{::fdopen(fd, "w")};
  if (!f) {
    ::close(fd);
    return io_error(name, "fdopen", ENOMEM);
  }
  return f;
}

caf::error save(const std::string& name, mode_t mode, auto write) {
  auto f = create(name, mode);
  if (!f)
    return std::move(f.error());
  // What stands there half written is of no use to anybody and would be in the way.
  if (write(f->get()) == 1 && std::fclose(f->release()) == 0)
    return {};
  auto e = io_error(name, "write", errno);
  ::unlink(name.c_str());
  return e;
}

caf::error save(EVP_PKEY* key, const std::string& key_file, X509* certificate, const std::string& file) {
  if (auto e = save(key_file, for_its_owner, [key](std::FILE* f) {
        return PEM_write_PKCS8PrivateKey(f, key, nullptr, nullptr, 0, nullptr, nullptr);
      }))
    return e;
  auto e = save(file, for_everybody, [certificate](std::FILE* f) { return PEM_write_X509(f, certificate); });
  if (e)
    ::unlink(key_file.c_str());
  return e;
}

template <class Ptr>
caf::expected<Ptr> load(const std::string& name, auto read) {
  const file_ptr f{std::fopen(name.c_str(), "re")};
  if (!f)
    return io_error(name, "open", errno);
  // Without it OpenSSL asks for the password of a key on the terminal.
  constexpr auto no_password = [](char*, int, int, void*) { return 0; };
  Ptr loaded{read(f.get(), nullptr, no_password, nullptr)};
  // Else the next error of OpenSSL would be this one.
  ERR_clear_error();
  if (!loaded)
    return make_error(ec::invalid_option,
                      name +
                          ": it is damaged, not in PEM, locked with a password, or of another kind; put back "
                          "the one that was made here, or take another folder for a new authority");
  return loaded;
}

bool add(X509* to, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX ctx;
  X509V3_set_ctx(&ctx, issuer, to, nullptr, nullptr, 0);
  const extension_ptr e{X509V3_EXT_conf_nid(nullptr, &ctx, kind, value.c_str())};
  return e && X509_add_ext(to, e.get(), -1) == 1;
}

bool set_serial(X509* of) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1)
    return false;
  bytes[0] &= 0x7f;  // positive
  const std::unique_ptr<BIGNUM, freed<BIGNUM, BN_free>> number{BN_bin2bn(bytes, sizeof bytes, nullptr)};
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(of)) != nullptr;
}

/// All but its extensions and its signature.
certificate_ptr draft(const std::string& name, EVP_PKEY* key, std::chrono::seconds life) {
  certificate_ptr made{X509_new()};
  if (!made || X509_set_version(made.get(), X509_VERSION_3) != 1 || !set_serial(made.get()) ||
      X509_set_pubkey(made.get(), key) != 1)
    return nullptr;
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -tolerance_seconds);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), static_cast<long>(life.count()));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return made;
}

struct pair {
  key_ptr key;
  certificate_ptr certificate;
};

caf::expected<pair> make_authority() {
  pair made{key_ptr{EVP_EC_gen("P-256")}, nullptr};
  if (made.key)
    made.certificate = draft("Weir nodes", made.key.get(), authority::own_life);
  auto* const c = made.certificate.get();
  if (!c || X509_set_issuer_name(c, X509_get_subject_name(c)) != 1 ||
      !add(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add(c, c, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add(c, c, NID_subject_key_identifier, "hash") || X509_sign(c, made.key.get(), EVP_sha256()) == 0)
    return openssl_error("making a certificate authority");
  return made;
}

caf::expected<pair> make_node(const std::string& name, std::chrono::seconds life, const pair& by) {
  pair made{key_ptr{EVP_EC_gen("P-256")}, nullptr};
  if (made.key)
    made.certificate = draft(name, made.key.get(), life);
  auto* const c = made.certificate.get();
  auto* const issuer = by.certificate.get();
  if (!c || X509_set_issuer_name(c, X509_get_subject_name(issuer)) != 1 ||
      !add(c, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
      !add(c, issuer, NID_key_usage, "critical,digitalSignature") ||
      !add(c, issuer, NID_ext_key_usage, "serverAuth,clientAuth") ||
      !add(c, issuer, NID_subject_key_identifier, "hash") ||
      !add(c, issuer, NID_authority_key_identifier, "keyid:always") ||
      !add(c, issuer, NID_subject_alt_name, "DNS:" + name) || X509_sign(c, by.key.get(), EVP_sha256()) == 0)
    return openssl_error("making a certificate");
  return made;
}

caf::expected<pair> load_pair(const std::string& file, const std::string& key_file) {
  auto certificate = load<certificate_ptr>(file, PEM_read_X509);
  if (!certificate)
    return std::move(certificate.error());
  if (auto e = check_secrecy(key_file))
    return e;
  auto key = load<key_ptr>(key_file, PEM_read_PrivateKey);
  if (!key)
    return std::move(key.error());
  return pair{std::move(*key), std::move(*certificate)};
}

bool is_there(const std::string& file) {
  return ::access(file.c_str(), F_OK) == 0;
}

}  // namespace

caf::expected<authority> authority::in(const std::string& folder) {
  authority a{folder, folder + "/authority.pem", folder + "/authority.key"};
  if (is_there(a.file_) || is_there(a.key_file_)) {
    for (const auto& [file, other] : {std::pair{a.file_, a.key_file_}, std::pair{a.key_file_, a.file_}})
      if (!is_there(file))
        return make_error(ec::invalid_option,
                          file + " is missing beside " + other +
                              ": certificates are made only where the authority was made and has both; take "
                              "another folder for a new authority");
    if (const auto own = load_pair(a.file_, a.key_file_); !own)
      return own.error();
    return a;
  }
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    return io_error(folder, "mkdir", errno);
  auto made = make_authority();
  if (!made)
    return std::move(made.error());
  if (auto e = save(made->key.get(), a.key_file_, made->certificate.get(), a.file_))
    return e;
  return a;
}

issued authority::files_of(const std::string& name) const {
  return {.certificate = folder_ + "/" + name + ".pem", .key = folder_ + "/" + name + ".key"};
}

std::optional<issued> authority::issued_to(const std::string& name) const {
  auto files = files_of(name);
  if (!is_there(files.certificate) || !is_there(files.key))
    return std::nullopt;
  const auto there = load<certificate_ptr>(files.certificate, PEM_read_X509);
  files.has_expired = there && X509_cmp_current_time(X509_get0_notAfter(there->get())) < 0;
  return files;
}

caf::error authority::check_name(const std::string& node) {
  if (is_node_name(node) && node != "authority")
    return {};
  return make_error(ec::invalid_option,
                    "'" + node + "' can't be the name of a node: letters, digits, '.', '_' and '-' are " +
                        "allowed, 64 at most, and 'authority' is taken");
}

caf::expected<issued> authority::issue(const std::string& name, std::chrono::seconds life) const {
  if (auto e = check_name(name))
    return e;
  const auto own = load_pair(file_, key_file_);
  if (!own)
    return own.error();
  const auto made = make_node(name, life, *own);
  if (!made)
    return made.error();
  auto files = files_of(name);
  if (auto e = save(made->key.get(), files.key, made->certificate.get(), files.certificate))
    return e;
  return files;
}

}  // namespace weir::link
