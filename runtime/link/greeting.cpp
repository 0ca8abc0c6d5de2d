#include <weir/actors/error.hpp>
#include <weir/runtime/link/greeting.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <random>

namespace weir::link {

namespace {

using nlohmann::json;

constexpr std::size_t name_length_max = 64;
constexpr std::size_t engine_length_max = 128;
constexpr auto replace_bad_utf8 = json::error_handler_t::replace;

json of(const identity& who) {
  return {{"version", protocol_version},
          {"name", who.name},
          {"engine", who.engine},
          {"incarnation", who.incarnation}};
}

std::optional<std::string> text_at(const json& in, const char* key) {
  const auto found = in.find(key);
  if (found == in.end() || !found->is_string())
    return std::nullopt;
  return found->get<std::string>();
}

std::optional<std::uint64_t> number_at(const json& in, const char* key) {
  const auto found = in.find(key);
  if (found == in.end() || !found->is_number_unsigned())
    return std::nullopt;
  return found->get<std::uint64_t>();
}

caf::error not_of_this_shape(const char* what) {
  return make_error(ec::link, std::string{"its "} + what + " is not one of Weir's");
}

/// The version is looked at first: all else may be different in another one.
caf::expected<identity> identity_in(const json& in, const char* what) {
  if (!in.is_object())
    return not_of_this_shape(what);
  const auto version = number_at(in, "version");
  if (!version)
    return not_of_this_shape(what);
  if (*version != protocol_version)
    return make_error(ec::link, "it speaks version " + std::to_string(*version) + " of the protocol, not " +
                                    std::to_string(protocol_version) + ": run the same Weir on all nodes");
  const auto name = text_at(in, "name");
  const auto engine = text_at(in, "engine");
  const auto incarnation = number_at(in, "incarnation");
  if (!name || !engine || !incarnation || engine->size() > engine_length_max)
    return not_of_this_shape(what);
  if (!is_node_name(*name))
    return make_error(ec::link, "its name is not one: letters, digits, '.', '_' and '-' are allowed, " +
                                    std::to_string(name_length_max) + " at most");
  return identity{*name, *engine, *incarnation};
}

json parsed(std::string_view text) {
  return json::parse(text, nullptr, false);
}

}  // namespace

bool is_node_name(std::string_view name) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= name_length_max && std::ranges::all_of(name, allowed);
}

std::string make_nonce() {
  std::random_device source;
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::size_t length = 32;
  std::string nonce;
  while (nonce.size() < length)
    nonce += digits[source() % digits.size()];
  return nonce;
}

std::string to_text(const challenge& c) {
  auto out = of(c.acceptor);
  out["nonce"] = c.nonce;
  return out.dump(-1, ' ', false, replace_bad_utf8);
}

std::string to_text(const hello& h) {
  auto out = of(h.dialer);
  out["nonce"] = h.nonce;
  out["offers"] = h.offers;
  out["frame_bytes_max"] = h.frame_bytes_max;
  return out.dump(-1, ' ', false, replace_bad_utf8);
}

std::string to_text(const welcome& w) {
  return json{{"terms", w.terms}}.dump(-1, ' ', false, replace_bad_utf8);
}

caf::expected<challenge> read_challenge(std::string_view text) {
  const auto in = parsed(text);
  auto who = identity_in(in, "challenge");
  if (!who)
    return std::move(who.error());
  auto nonce = text_at(in, "nonce");
  if (!nonce)
    return not_of_this_shape("challenge");
  return challenge{std::move(*who), std::move(*nonce)};
}

caf::expected<hello> read_hello(std::string_view text) {
  const auto in = parsed(text);
  auto who = identity_in(in, "hello");
  if (!who)
    return std::move(who.error());
  auto nonce = text_at(in, "nonce");
  auto offers = text_at(in, "offers");
  const auto frame_bytes_max = number_at(in, "frame_bytes_max");
  if (!nonce || !offers || !frame_bytes_max)
    return not_of_this_shape("hello");
  return hello{std::move(*who), std::move(*nonce), std::move(*offers), *frame_bytes_max};
}

caf::expected<welcome> read_welcome(std::string_view text) {
  const auto in = parsed(text);
  if (!in.is_object())
    return not_of_this_shape("welcome");
  auto terms = text_at(in, "terms");
  if (!terms)
    return not_of_this_shape("welcome");
  return welcome{std::move(*terms)};
}

}  // namespace weir::link
