#include <weir/actors/error.hpp>
#include <weir/runtime/link/record.hpp>

#include <array>
#include <string>

namespace weir::link {

namespace {

using limits = record_limits;

/// The first byte of whoever begins with TLS.
constexpr std::uint8_t tls_handshake = 22;

struct length_range {
  std::size_t min;
  std::size_t max;
};

length_range length_of(record_kind kind) {
  switch (kind) {
    case record_kind::challenge:
    case record_kind::hello:
    case record_kind::welcome:
      return {1, limits::greeting_bytes_max};
    case record_kind::refusal:
    case record_kind::farewell:
      return {0, limits::reason_bytes_max};
    case record_kind::ping:
    case record_kind::pong:
      return {limits::ping_bytes, limits::ping_bytes};
    case record_kind::data:
      return {1, limits::data_bytes_max};
  }
  return {1, 0};
}

bool is_kind(std::uint8_t number) {
  return number >= static_cast<std::uint8_t>(record_kind::challenge) &&
         number <= static_cast<std::uint8_t>(record_kind::farewell);
}

std::size_t length_in(bytes_view head) {
  std::size_t length = 0;
  for (std::size_t i = 1; i < limits::head_bytes; ++i)
    length = length << 8 | std::to_integer<std::size_t>(head[i]);
  return length;
}

}  // namespace

std::string_view name_of(record_kind kind) noexcept {
  constexpr std::array<std::string_view, 9> names{"?",    "challenge", "hello", "welcome", "refusal",
                                                  "ping", "pong",      "data",  "farewell"};
  return names[is_kind(static_cast<std::uint8_t>(kind)) ? static_cast<std::size_t>(kind) : 0];
}

std::string printable(std::string_view text) {
  std::string out{text};
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~'; };
  for (auto& c : out)
    c = is_plain(c) ? c : '?';
  return out;
}

std::string refusal_text(std::string_view said) {
  return "it refused us: \"" + printable(said) + '"';
}

void write_head(std::span<std::byte, limits::head_bytes> head, record_kind kind, std::size_t content_bytes) {
  head[0] = static_cast<std::byte>(kind);
  for (std::size_t i = 1; i < limits::head_bytes; ++i)
    head[i] = static_cast<std::byte>(content_bytes >> 8 * (limits::head_bytes - 1 - i));
}

void append_record(std::vector<std::byte>& out, record_kind kind, bytes_view content) {
  std::array<std::byte, limits::head_bytes> head{};
  write_head(head, kind, content.size());
  out.insert(out.end(), head.begin(), head.end());
  out.insert(out.end(), content.begin(), content.end());
}

void append_record(std::vector<std::byte>& out, record_kind kind, std::string_view content) {
  append_record(out, kind, std::as_bytes(std::span{content}));
}

bool record_reader::may_come(record_kind kind) const noexcept {
  const auto accepts = ours_ == role::acceptor;
  switch (phase_) {
    case phase::greeting:
      return accepts ? kind == record_kind::hello || kind == record_kind::refusal
                     : kind == record_kind::challenge;
    case phase::answered:
      return kind == record_kind::welcome || kind == record_kind::refusal;
    case phase::open:
      return kind == record_kind::ping || kind == record_kind::pong || kind == record_kind::data ||
             kind == record_kind::farewell || kind == record_kind::refusal;
    case phase::over:
      return false;
  }
  return false;
}

void record_reader::came(record_kind kind) noexcept {
  if (kind == record_kind::challenge)
    phase_ = phase::answered;
  else if (kind == record_kind::hello || kind == record_kind::welcome)
    phase_ = phase::open;
  else if (kind == record_kind::refusal || kind == record_kind::farewell)
    phase_ = phase::over;
}

caf::expected<std::optional<record>> record_reader::next(bytes_view come) {
  // Its first byte tells whether the peer speaks this protocol at all.
  if (come.empty())
    return std::optional<record>{};
  const auto number = std::to_integer<std::uint8_t>(come.front());
  if (!is_kind(number))
    return make_error(ec::link,
                      number == tls_handshake
                          ? std::string{"it speaks TLS, and we do not: set authority, certificate and "
                                        "private_key here too, or nowhere"}
                          : "it sent " + std::to_string(number) + " where a kind of record must stand");
  const auto kind = static_cast<record_kind>(number);
  if (!may_come(kind))
    return make_error(ec::link, "it sent a " + std::string{name_of(kind)} + ", which may not come now");
  if (come.size() < limits::head_bytes)
    return std::optional<record>{};
  const auto length = length_in(come);
  const auto range = length_of(kind);
  if (length < range.min || length > range.max)
    return make_error(ec::link, "it announced a " + std::string{name_of(kind)} + " of " +
                                    std::to_string(length) + " bytes; " + std::to_string(range.min) + " to " +
                                    std::to_string(range.max) + " are allowed");
  if (come.size() - limits::head_bytes < length)
    return std::optional<record>{};
  came(kind);
  return std::optional{record{kind, come.subspan(limits::head_bytes, length), limits::head_bytes + length}};
}

}  // namespace weir::link
