#pragma once

/// Who two nodes say they are before anything else is exchanged: the contents of a challenge, a hello and a
/// welcome, as JSON. Reading one never throws and takes memory in proportion to the text, which the reader of
/// records bounds.

#include <weir/runtime/link/record.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::link {

/// Of what the nodes say to each other, from the records up. Nodes of different versions do not work
/// together.
constexpr std::uint32_t protocol_version = 1;

/// A node, as it describes itself.
struct identity {
  std::string name;               ///< the one in its certificate, if there is one
  std::string engine;             ///< the id of its actor system: no two processes may have the same
  std::uint64_t incarnation = 0;  ///< of this process among those of its name: the later, the greater
};

/// A number used once, in hexadecimal: a hello that was recorded does not have the one it is asked for.
[[nodiscard]] std::string make_nonce();

struct challenge {
  identity acceptor;
  std::string nonce;
};

struct hello {
  identity dialer;
  std::string nonce;                  ///< of the challenge that it answers
  std::string offers;                 ///< what it brings along, for those above the link
  std::uint64_t frame_bytes_max = 0;  ///< of its options
};

struct welcome {
  std::string terms;  ///< what it is told in return, for those above the link
};

[[nodiscard]] std::string to_text(const challenge& c);
[[nodiscard]] std::string to_text(const hello& h);
[[nodiscard]] std::string to_text(const welcome& w);

/// Errors of `ec::link`: not of this shape, another version, a name that can't be one.
[[nodiscard]] caf::expected<challenge> read_challenge(std::string_view text);
[[nodiscard]] caf::expected<hello> read_hello(std::string_view text);
[[nodiscard]] caf::expected<welcome> read_welcome(std::string_view text);

/// Names of nodes stand in logs, in lists and in certificates: letters, digits, '.', '_' and '-', 64 at most.
[[nodiscard]] bool is_node_name(std::string_view name) noexcept;

}  // namespace weir::link
