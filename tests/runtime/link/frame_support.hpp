#pragma once

/// Frames as the actor system of an honest peer sends them, byte by byte.

#include <weir/runtime/link/engine_frames.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace weir::test {

using bytes = std::vector<std::byte>;

inline void append(bytes& to, const bytes& what) {
  to.insert(to.end(), what.begin(), what.end());
}

inline void append(bytes& to, const std::string& what) {
  for (const auto c : what)
    to.push_back(static_cast<std::byte>(c));
}

inline void append_number(bytes& to, std::uint64_t n, std::size_t size) {
  for (auto i = size; i-- > 0;)
    to.push_back(static_cast<std::byte>(n >> 8 * i));
}

inline link::engine_id engine_of(std::uint8_t last) {
  bytes all;
  append_number(all, 0x00003e9aab9bac79, 8);
  append_number(all, 4711, 4);
  all.resize(32, std::byte{0x5a});
  all.back() = std::byte{last};
  link::engine_id id{};
  std::copy(all.begin(), all.end(), id.begin());
  return id;
}

inline const link::engine_id us = engine_of(1);
inline const link::engine_id them = engine_of(2);
constexpr std::uint64_t our_gateway = 21;
constexpr std::uint64_t their_gateway = 42;
constexpr std::uint64_t normal_priority = 1ull << 60;

inline bytes frame(std::uint8_t kind, std::uint8_t flags, std::uint64_t data, std::uint64_t source,
                   std::uint64_t target, const bytes& content) {
  bytes out{std::byte{kind}, {}, {}, std::byte{flags}};
  append_number(out, content.size(), 4);
  append_number(out, data, 8);
  append_number(out, source, 8);
  append_number(out, target, 8);
  append(out, content);
  return out;
}

inline void set_length(bytes& of, std::uint64_t length) {
  bytes written;
  append_number(written, length, 4);
  std::copy(written.begin(), written.end(), of.begin() + 4);
}

inline bytes id_bytes(const link::engine_id& id) {
  return {id.begin(), id.end()};
}

inline bytes two_ids(const link::engine_id& a, const link::engine_id& b) {
  auto both = id_bytes(a);
  append(both, id_bytes(b));
  return both;
}

inline bytes written_length(std::size_t n) {
  bytes out;
  for (; n > 127; n >>= 7)
    out.push_back(static_cast<std::byte>((n & 127) | 128));
  out.push_back(static_cast<std::byte>(n));
  return out;
}

inline bytes acceptor_handshake(const link::engine_id& of = them) {
  auto content = id_bytes(of);
  content.push_back(std::byte{1});
  const std::string application = "generic-caf-app";
  append(content, written_length(application.size()));
  append(content, application);
  append_number(content, their_gateway, 8);
  content.push_back({});
  return frame(0, 0, 3, 0, 0, content);
}

inline bytes dialer_handshake(std::uint8_t flags, const link::engine_id& of = them) {
  return frame(1, flags, 0, 0, 0, id_bytes(of));
}

/// What comes first to one with this role.
inline bytes greeting_to(link::role ours) {
  if (ours == link::role::dialer)
    return acceptor_handshake();
  auto both = dialer_handshake(0);
  append(both, dialer_handshake(2));
  return both;
}

inline bytes typed_content(const std::string& types, const bytes& values) {
  bytes content(3);
  append(content, written_length(types.size()));
  append(content, types);
  append(content, values);
  return content;
}

inline bytes typed_message(const std::string& types, const bytes& values) {
  return frame(2, 0, normal_priority, their_gateway, our_gateway, typed_content(types, values));
}

inline bytes text_content(const std::string& text) {
  auto values = written_length(text.size());
  append(values, text);
  return typed_content("@<>+@str", values);
}

inline bytes text_message(const std::string& text, std::uint64_t id = normal_priority) {
  return frame(2, 0, id, their_gateway, our_gateway, text_content(text));
}

inline bytes message_to(std::uint64_t target) {
  return frame(2, 0, normal_priority, their_gateway, target, text_content("x"));
}

inline bytes message_from(std::uint64_t source) {
  return frame(2, 0, normal_priority, source, our_gateway, text_content("x"));
}

inline bytes notice_of_proxy() {
  return frame(4, 0, 0, 0, our_gateway, two_ids(them, us));
}

inline bytes notice_of_end() {
  auto content = two_ids(them, us);
  content.push_back({});
  append_number(content, 0x3a9b79, 8);
  append(content, std::string{"\0\0\3@<>", 6});
  return frame(5, 0, 0, their_gateway, 0, content);
}

inline bytes heartbeat() {
  return frame(6, 0, 0, 0, 0, {});
}

/// What CAF asks of whoever spawns actors at the other end: its name.
inline bytes question() {
  bytes values;
  append_number(values, 0x3f8fb8, 8);
  append_number(values, 0x3ecab9, 8);
  append(values, std::string{"\4info"});
  return frame(2, 1, normal_priority, 7, 0x03ddd66f3376adfb, typed_content("@<>+@atom+@atom+@str", values));
}

}  // namespace weir::test
