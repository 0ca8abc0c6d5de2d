#pragma once

/// Looks at what a peer's actor system sends, before ours sees any of it: frames of BASP, as CAF 0.17.6
/// speaks it. That version trusts its peers: a handshake without content, a text that says it is 4 GiB long,
/// or a message of a kind with nested contents ends the process; an exit message or a link kills any actor
/// that is known over there. So this lets pass exactly what an honest peer sends where one actor at each end,
/// the gateway, talks with the other by messages of one text, and nothing else:
///
///   from an acceptor: its handshake, which names its gateway; then
///   from a dialer: two handshakes with one node id; then
///   from either: text messages from gateway to gateway, "I have a proxy of your gateway", "my gateway has
///   ended". One question for the other's actor that spawns others is dropped: CAF asks it.
///
/// A plain state machine over the bytes as they come: it judges a frame by its header and its first bytes and
/// lets the rest pass as it comes, so it holds some hundred bytes at most. All lengths within a frame are
/// checked against the frame's.

#include <weir/runtime/link/record.hpp>

#include <caf/expected.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::link {

/// The id of an actor system, as CAF writes it.
using engine_id = std::array<std::byte, 32>;

/// In hexadecimal, as it stands in a greeting; and back: none if it is not one.
[[nodiscard]] std::string to_text(const engine_id& id);
[[nodiscard]] std::optional<engine_id> read_engine_id(std::string_view text);

class engine_frames {
public:
  struct rules {
    role ours;
    engine_id us;
    engine_id peer;             ///< as it said in its greeting
    std::uint64_t gateway = 0;  ///< the id of our actor
    std::size_t frame_bytes_max;
  };

  static constexpr std::size_t header_bytes = 32;
  /// Of a frame that is judged as a whole: a greeting with the names of the applications.
  static constexpr std::size_t greeting_bytes_max = 256;
  /// Of proxies of our gateway, and of ends of theirs: one each is honest, and a second after a crossing.
  static constexpr unsigned notices_max = 8;

  explicit engine_frames(const rules& r) : rules_(r) {}

  /// What of all that has come so far may pass now, after what passed before: parts of `come` or of what was
  /// held back, valid until the next call. An error of `ec::link` says what the peer must not do; then
  /// nothing more may pass.
  [[nodiscard]] caf::expected<std::span<const bytes_view>> pass(bytes_view come);

private:
  enum class phase : std::uint8_t { first, second, open };

  struct frame_header;
  struct verdict {
    const char* wrong = nullptr;   // null: it may come
    std::size_t judged_bytes = 0;  // of its content, that have to be looked at
    bool dropped = false;
  };

  [[nodiscard]] verdict judge(const frame_header& h) const;
  [[nodiscard]] const char* judge(const frame_header& h, bytes_view begin);
  [[nodiscard]] const char* judge_acceptor(bytes_view content);
  [[nodiscard]] const char* judge_text(const frame_header& h, bytes_view begin);
  [[nodiscard]] bool is_ours_and_theirs(bytes_view content) const;
  void add(bytes_view part);

  rules rules_;
  phase phase_ = phase::first;
  std::uint64_t peer_gateway_ = 0;  // 0: not known yet
  bool asked_ = false;
  unsigned proxies_ = 0;
  unsigned ends_ = 0;
  std::uint64_t rest_ = 0;  // of the content of a frame that was judged
  bool dropping_ = false;
  std::vector<std::byte> held_;  // of a frame that can't be judged yet
  std::vector<std::byte> shown_;
  std::vector<bytes_view> parts_;
};

}  // namespace weir::link
