#include <weir/actors/error.hpp>
#include <weir/runtime/link/engine_frames.hpp>

#include <boost/test/unit_test.hpp>

#include <random>

#include "frame_support.hpp"

using namespace weir::link;
using namespace weir::test;

namespace {

/// What passes of these bytes, shown in pieces of `piece` bytes; none if they are refused.
std::optional<bytes> passed(engine_frames& check, const bytes& come, std::size_t piece) {
  bytes out;
  for (std::size_t at = 0; at < come.size(); at += piece) {
    const auto parts = check.pass(bytes_view{come}.subspan(at, std::min(piece, come.size() - at)));
    if (!parts) {
      BOOST_TEST(weir::is(parts.error(), weir::ec::link));
      return std::nullopt;
    }
    for (const auto part : *parts)
      out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

constexpr std::size_t frame_bytes_max = std::size_t{64} << 10;

engine_frames checker(role ours) {
  return engine_frames{
      {.ours = ours, .us = us, .peer = them, .gateway = our_gateway, .frame_bytes_max = frame_bytes_max}};
}

/// One to which the greetings have come.
engine_frames opened(role ours) {
  auto check = checker(ours);
  BOOST_TEST_REQUIRE(passed(check, greeting_to(ours), 1000).has_value());
  return check;
}

bool passes(engine_frames check, const bytes& frame) {
  return passed(check, frame, 1000) == frame;
}

bool is_refused(engine_frames check, const bytes& frame) {
  return !passed(check, frame, 1000);
}

/// All that one honest peer sends, and what of it passes.
struct session {
  bytes sent;
  bytes expected;

  explicit session(role ours) : sent(greeting_to(ours)), expected(sent) {
    append(sent, question());
    for (const auto& frame :
         {notice_of_proxy(), text_message(""), text_message("x"), text_message(std::string(127, 'a')),
          text_message(std::string(128, 'b')), text_message(std::string(20'000, 'c'), 0), notice_of_end()}) {
      append(sent, frame);
      append(expected, frame);
    }
  }
};

constexpr auto both = {role::acceptor, role::dialer};

}  // namespace

BOOST_AUTO_TEST_SUITE(frames_of_engines)

BOOST_AUTO_TEST_CASE(an_honest_session_passes_in_whatever_pieces_it_comes) {
  for (const auto ours : both) {
    const session s{ours};
    for (const std::size_t piece : {1, 2, 3, 7, 31, 32, 33, 44, 45, 64, 100, 1000, 100'000}) {
      auto check = checker(ours);
      BOOST_TEST((passed(check, s.sent, piece) == s.expected), "pieces of " << piece);
    }
  }
}

BOOST_AUTO_TEST_CASE(whatever_is_cut_off_an_honest_session_passes_a_part_of_it) {
  const session s{role::acceptor};
  for (std::size_t cut = 0; cut < 500; ++cut) {
    auto check = checker(role::acceptor);
    const bytes come{s.sent.begin(), s.sent.begin() + static_cast<std::ptrdiff_t>(cut)};
    const auto out = passed(check, come, 13);
    BOOST_TEST_REQUIRE(out.has_value());
    BOOST_TEST(std::equal(out->begin(), out->end(), s.expected.begin()));
  }
}

BOOST_AUTO_TEST_CASE(nothing_comes_before_the_handshake) {
  for (const auto ours : both)
    for (const auto& frame : {text_message("x"), notice_of_proxy(), notice_of_end(), heartbeat(), question()})
      BOOST_TEST(is_refused(checker(ours), frame));
}

BOOST_AUTO_TEST_CASE(a_handshake_comes_from_the_side_that_it_is_for) {
  BOOST_TEST(is_refused(checker(role::acceptor), acceptor_handshake()));
  BOOST_TEST(is_refused(checker(role::dialer), dialer_handshake(0)));
}

BOOST_AUTO_TEST_CASE(a_handshake_comes_once) {
  BOOST_TEST(is_refused(opened(role::acceptor), dialer_handshake(0)));
  BOOST_TEST(is_refused(opened(role::acceptor), dialer_handshake(2)));
  BOOST_TEST(is_refused(opened(role::dialer), acceptor_handshake()));
  BOOST_TEST(is_refused(checker(role::acceptor), dialer_handshake(2)));
}

BOOST_AUTO_TEST_CASE(a_handshake_without_content_is_refused) {
  for (auto frame : {acceptor_handshake(), dialer_handshake(0)}) {
    frame.resize(engine_frames::header_bytes);
    set_length(frame, 0);
    for (const auto ours : both)
      BOOST_TEST(is_refused(checker(ours), frame));
  }
}

BOOST_AUTO_TEST_CASE(a_handshake_with_another_id_than_in_the_greeting_is_refused) {
  BOOST_TEST(is_refused(checker(role::acceptor), dialer_handshake(0, us)));
  BOOST_TEST(is_refused(checker(role::dialer), acceptor_handshake(us)));
  auto check = checker(role::acceptor);
  BOOST_TEST_REQUIRE(passed(check, dialer_handshake(0), 1000).has_value());
  BOOST_TEST(is_refused(check, dialer_handshake(2, us)));
}

BOOST_AUTO_TEST_CASE(a_message_goes_from_its_gateway_to_ours) {
  for (const auto ours : both) {
    auto check = opened(ours);
    BOOST_TEST(passes(check, text_message("x")));
    BOOST_TEST(is_refused(check, message_to(our_gateway + 1)));
    BOOST_TEST(is_refused(check, message_to(0)));
    BOOST_TEST(is_refused(check, message_from(0)));
    BOOST_TEST_REQUIRE(passed(check, text_message("x"), 1000).has_value());
    BOOST_TEST(is_refused(check, message_from(their_gateway + 1)));
  }
}

BOOST_AUTO_TEST_CASE(a_message_is_no_request_no_answer_and_in_no_stream) {
  for (const std::uint64_t id :
       {1ull, 1ull << 60 | 1, 9ull << 60 | 1, 8ull << 60, 2ull << 60, 3ull << 60, 1ull << 62})
    BOOST_TEST(is_refused(opened(role::acceptor), text_message("x", id)));
}

BOOST_AUTO_TEST_CASE(a_message_is_one_text) {
  for (const std::string types : {"@<>", "@<>+@exit", "@<>+@down", "@<>+@atom+@strong_actor_ptr",
                                  "@<>+@charbuf", "@<>+@message", "@<>+@str+@str", "@<>+@st", "@<>+@str "})
    BOOST_TEST(is_refused(opened(role::acceptor), typed_message(types, bytes(20))), types);
  BOOST_TEST(passes(opened(role::acceptor), typed_message("@<>+@str", bytes(1))));
}

BOOST_AUTO_TEST_CASE(a_message_with_stages_is_refused) {
  auto frame = text_message("x");
  frame[engine_frames::header_bytes] = std::byte{1};
  BOOST_TEST(is_refused(opened(role::acceptor), frame));
}

BOOST_AUTO_TEST_CASE(a_text_is_as_long_as_its_frame) {
  for (const std::size_t content : {0, 1, 5, 200})
    for (const auto& length :
         {written_length(content + 1),
          bytes{std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0x0f}},
          bytes{std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff},
                std::byte{0x01}}}) {
      auto text = length;
      text.resize(text.size() + content);
      BOOST_TEST(is_refused(opened(role::acceptor), typed_message("@<>+@str", text)));
    }
  // Five in two bytes, which is not its shortest form.
  bytes text{std::byte{0x85}, std::byte{0}};
  text.resize(7);
  BOOST_TEST(is_refused(opened(role::acceptor), typed_message("@<>+@str", text)));
}

BOOST_AUTO_TEST_CASE(a_frame_that_is_too_long_is_refused_by_its_header) {
  auto frame = text_message("x");
  frame.resize(engine_frames::header_bytes);
  set_length(frame, frame_bytes_max + 1);
  BOOST_TEST(is_refused(opened(role::acceptor), frame));
  set_length(frame, 0xffffffff);
  BOOST_TEST(is_refused(opened(role::acceptor), frame));
  set_length(frame, frame_bytes_max);
  auto check = opened(role::acceptor);
  BOOST_TEST((passed(check, frame, 1000) == bytes{}));
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_by_name_but_once_and_that_is_dropped) {
  auto check = opened(role::acceptor);
  BOOST_TEST((passed(check, question(), 1000) == bytes{}));
  BOOST_TEST(is_refused(check, question()));
  auto to_another = question();
  to_another[31] ^= std::byte{1};
  BOOST_TEST(is_refused(opened(role::acceptor), to_another));
}

BOOST_AUTO_TEST_CASE(notices_are_of_the_two_nodes_and_of_their_gateways) {
  auto check = opened(role::acceptor);
  BOOST_TEST_REQUIRE(passed(check, text_message("x"), 1000).has_value());
  BOOST_TEST(passes(check, notice_of_proxy()));
  BOOST_TEST(passes(check, notice_of_end()));
  for (auto make : {notice_of_proxy, notice_of_end}) {
    auto of_another = make();
    of_another[engine_frames::header_bytes + 31] ^= std::byte{1};
    BOOST_TEST(is_refused(check, of_another));
    auto to_another = make();
    to_another[engine_frames::header_bytes + 63] ^= std::byte{1};
    BOOST_TEST(is_refused(check, to_another));
    auto longer = make();
    set_length(longer, longer.size() - engine_frames::header_bytes + 1);
    longer.push_back({});
    BOOST_TEST(is_refused(check, longer));
  }
}

BOOST_AUTO_TEST_CASE(notices_do_not_come_without_end) {
  for (auto make : {notice_of_proxy, notice_of_end}) {
    auto check = opened(role::dialer);
    for (unsigned i = 0; i < engine_frames::notices_max; ++i)
      BOOST_TEST(passed(check, make(), 1000).has_value());
    BOOST_TEST(is_refused(check, make()));
  }
}

BOOST_AUTO_TEST_CASE(a_heartbeat_of_the_engine_is_refused_as_nobody_turns_them_on) {
  BOOST_TEST(is_refused(opened(role::acceptor), heartbeat()));
}

BOOST_AUTO_TEST_CASE(frames_of_other_kinds_are_refused) {
  for (unsigned kind = 0; kind < 256; ++kind) {
    auto frame = text_message("x");
    frame[0] = static_cast<std::byte>(kind);
    BOOST_TEST(is_refused(opened(role::acceptor), frame) == (kind != 2), kind);
  }
}

BOOST_AUTO_TEST_CASE(no_bit_of_a_header_may_differ_except_the_priority) {
  const auto frame = notice_of_proxy();
  for (std::size_t bit = 0; bit < 8 * engine_frames::header_bytes; ++bit) {
    auto other = frame;
    other[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    auto check = opened(role::acceptor);
    const auto out = passed(check, other, 1000);
    // Longer, shorter, of another kind, for somebody else: none passes.
    BOOST_TEST((!out || out->empty()), "bit " << bit);
  }
}

/// Where a frame may differ from an honest one and be honest still: who sends it, until that is known; how
/// urgent it is; what a text says, and why an actor has ended.
bool may_differ(const bytes& frame, std::size_t at) {
  constexpr std::size_t header = engine_frames::header_bytes;
  const auto kind = std::to_integer<int>(frame[0]);
  if (kind == 2)
    return at == 8 || (at >= 16 && at < 24) || at > header + 12;
  return kind == 5 && at >= header + 64;
}

BOOST_AUTO_TEST_CASE(a_million_random_frames_never_pass_unless_they_are_honest) {
  std::minstd_rand random{20'261'127};
  const auto frames = {text_message("x"), notice_of_proxy(), notice_of_end(), dialer_handshake(0)};
  const auto open = opened(role::acceptor);
  std::size_t refused = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const auto& honest = *(frames.begin() + static_cast<std::ptrdiff_t>(random() % frames.size()));
    auto frame = honest;
    for (auto changes = 1 + random() % 4; changes > 0; --changes)
      frame[random() % frame.size()] = static_cast<std::byte>(random());
    auto check{open};
    const auto parts = check.pass(frame);
    refused += parts ? 0 : 1;
    if (!parts || parts->empty())
      continue;
    for (std::size_t at = 0; at < frame.size(); ++at)
      BOOST_TEST_REQUIRE((frame[at] == honest[at] || may_differ(honest, at)), "byte " << at);
  }
  BOOST_TEST(refused > 700'000u);
}

BOOST_AUTO_TEST_CASE(an_id_in_a_greeting_is_read_again) {
  BOOST_TEST((read_engine_id(to_text(us)) == us));
  for (const auto& text : {std::string{}, to_text(us).substr(1), to_text(us) + "0", std::string(64, 'g'),
                           std::string(64, '0'), std::string(64, 'f')})
    BOOST_TEST(!read_engine_id(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
