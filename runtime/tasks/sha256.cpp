/// The `sha256` task: the SHA-256 digest of a file. Its record: `sha256` in lower-case hex, `path` as the
/// item's text is, `bytes`. Each thread keeps one digest state, so that a small file costs little
/// more than its system calls.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/tasks/read_file.hpp>

#include <openssl/evp.h>

#include <array>
#include <memory>

namespace weir {

namespace {

struct free_md {
  void operator()(EVP_MD* md) const { EVP_MD_free(md); }
};

struct free_state {
  void operator()(EVP_MD_CTX* state) const { EVP_MD_CTX_free(state); }
};

// Looking an algorithm up takes locks and about as long as hashing a small file: it is done once, and
// before any worker runs, as OpenSSL crashes where the memory for its own start is not to be had.
const EVP_MD* algorithm() {
  static const std::unique_ptr<EVP_MD, free_md> md{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  return md.get();
}

std::string hex(const unsigned char* bytes, std::size_t count) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text(2 * count, '0');
  for (std::size_t i = 0; i < count; ++i) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 0xf];
  }
  return text;
}

caf::error no_digest() {
  return make_error(ec::failed,
                    "OpenSSL could not compute a SHA-256; check which providers its "
                    "configuration (openssl.cnf) enables");
}

caf::expected<record> sha256(const context& ctx, const item& job) {
  thread_local const std::unique_ptr<EVP_MD_CTX, free_state> state{EVP_MD_CTX_new()};
  auto* const digest = state.get();
  auto path = to_text(job.input);
  auto fine = digest && EVP_DigestInit_ex2(digest, algorithm(), nullptr) == 1;
  const auto bytes = detail::read_file(ctx, path, [&](std::string_view block) {
    fine = fine && EVP_DigestUpdate(digest, block.data(), block.size()) == 1;
  });
  if (!bytes)
    return bytes.error();
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned sum_bytes = 0;
  if (!fine || EVP_DigestFinal_ex(digest, sum.data(), &sum_bytes) != 1)
    return no_digest();
  record out;
  out.fields.reserve(3);
  out.fields.push_back({"sha256", hex(sum.data(), sum_bytes)});
  out.fields.push_back({"path", std::move(path)});
  out.fields.push_back({"bytes", static_cast<std::int64_t>(*bytes)});
  return out;
}

caf::expected<task_function> make(const settings&) {
  if (!algorithm())
    return no_digest();
  return task_function{sha256};
}

}  // namespace

task_kind sha256_task() {
  return {
      "sha256", "the SHA-256 digest of the file that the item names", {}, make, {"sha256", "path", "bytes"},
      true};
}

}  // namespace weir
