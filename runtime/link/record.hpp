#pragma once

/// What travels between two nodes, within TLS or without: records, each a kind (1 byte), the length of its
/// content (4 bytes, big-endian) and the content.
///
///   acceptor                         dialer
///   challenge ──────────────────────▶           who I am, and a number used once
///             ◀────────────────────── hello     who I am, with that number; or a refusal, which is the last
///   welcome   ──────────────────────▶           or a refusal, which is the last
///   ping, pong, data ◀─────────────▶            until one of them says farewell or closes
///
/// `record_reader` is a plain state machine over the bytes that have come: it knows what may come next and
/// how long it may be, and refuses anything else by the five bytes of its head, before its content has come.

#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::link {

enum class record_kind : std::uint8_t {
  challenge = 1,
  hello,
  welcome,
  refusal,  ///< there will be no link, or no longer; a sentence that says why
  ping,     ///< I am here; what it contains comes back in a pong
  pong,
  data,      ///< bytes of the engine's
  farewell,  ///< I go; a sentence that says why
};

[[nodiscard]] std::string_view name_of(record_kind kind) noexcept;

enum class role : std::uint8_t { acceptor, dialer };

struct record_limits {
  static constexpr std::size_t head_bytes = 5;
  static constexpr std::size_t greeting_bytes_max = std::size_t{16}
                                                    << 10;  ///< of a challenge, hello or welcome
  static constexpr std::size_t reason_bytes_max = 1024;     ///< of a refusal or farewell
  static constexpr std::size_t ping_bytes = 8;
  static constexpr std::size_t data_bytes_max = std::size_t{128} << 10;
  /// What a reader may have to be shown at once.
  static constexpr std::size_t record_bytes_max = head_bytes + data_bytes_max;
};

using bytes_view = std::span<const std::byte>;

struct record {
  record_kind kind;
  bytes_view content;  ///< in the buffer that the reader was shown
  std::size_t bytes;   ///< head and content: what to drop from that buffer once it was handled

  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(content.data()), content.size()};
  }
};

/// What a peer says to people, fit for a line of a log: whatever is not plain text becomes "?".
[[nodiscard]] std::string printable(std::string_view text);

/// Of a peer that has refused us, and said why in its own words.
[[nodiscard]] std::string refusal_text(std::string_view said);

/// Appends a record to `out`.
void append_record(std::vector<std::byte>& out, record_kind kind, bytes_view content);
void append_record(std::vector<std::byte>& out, record_kind kind, std::string_view content);

/// The same for who has left room for the head in front of the content.
void write_head(std::span<std::byte, record_limits::head_bytes> head, record_kind kind,
                std::size_t content_bytes);

class record_reader {
public:
  explicit record_reader(role ours) : ours_(ours) {}

  /// The record at the front of what has come, none if it is not whole yet; an error of `ec::link` if the
  /// peer may not send it now.
  [[nodiscard]] caf::expected<std::optional<record>> next(bytes_view come);

private:
  enum class phase : std::uint8_t { greeting, answered, open, over };

  [[nodiscard]] bool may_come(record_kind kind) const noexcept;
  void came(record_kind kind) noexcept;

  role ours_;
  phase phase_ = phase::greeting;
};

}  // namespace weir::link
