#include <weir/actors/error.hpp>
#include <weir/runtime/link/record.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace weir::link;

namespace {

std::vector<std::byte> bytes_of(record_kind kind, const std::string& content) {
  std::vector<std::byte> out;
  append_record(out, kind, content);
  return out;
}

/// A reader to which the greeting has come.
record_reader opened(role ours) {
  record_reader r{ours};
  if (ours == role::acceptor) {
    BOOST_TEST_REQUIRE(static_cast<bool>(r.next(bytes_of(record_kind::hello, "h"))));
  } else {
    BOOST_TEST_REQUIRE(static_cast<bool>(r.next(bytes_of(record_kind::challenge, "c"))));
    BOOST_TEST_REQUIRE(static_cast<bool>(r.next(bytes_of(record_kind::welcome, "w"))));
  }
  return r;
}

bool comes(record_reader r, record_kind kind, const std::string& content) {
  const auto bytes = bytes_of(kind, content);
  const auto read = r.next(bytes);
  return read && *read && (*read)->kind == kind && (*read)->text() == content &&
         (*read)->bytes == bytes.size();
}

bool is_refused(record_reader r, record_kind kind, const std::string& content) {
  const auto read = r.next(bytes_of(kind, content));
  return !read && weir::is(read.error(), weir::ec::link);
}

/// A head alone: the content has not come.
bool head_is_refused(record_reader r, record_kind kind, std::size_t length) {
  std::vector<std::byte> head(record_limits::head_bytes);
  write_head(std::span{head}.first<record_limits::head_bytes>(), kind, length);
  return !r.next(head);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(link_record)

BOOST_AUTO_TEST_CASE(a_record_comes_once_its_last_byte_has_come) {
  const auto whole = bytes_of(record_kind::data, "engine");
  for (std::size_t come = 0; come < whole.size(); ++come) {
    auto r = opened(role::acceptor);
    const auto read = r.next(std::span{whole}.first(come));
    BOOST_TEST_REQUIRE(static_cast<bool>(read));
    BOOST_TEST(!*read);
  }
  BOOST_TEST(comes(opened(role::acceptor), record_kind::data, "engine"));
}

BOOST_AUTO_TEST_CASE(what_follows_a_record_is_left_for_the_next_call) {
  auto two = bytes_of(record_kind::data, "one");
  const auto first = two.size();
  append_record(two, record_kind::data, std::string{"two"});
  auto r = opened(role::dialer);
  BOOST_TEST((**r.next(two)).bytes == first);
  BOOST_TEST((**r.next(std::span{two}.subspan(first))).text() == "two");
}

BOOST_AUTO_TEST_CASE(an_acceptor_takes_a_hello_or_a_refusal_first_and_only_after_a_hello_data) {
  for (const auto kind : {record_kind::challenge, record_kind::welcome, record_kind::ping, record_kind::pong,
                          record_kind::data, record_kind::farewell})
    BOOST_TEST(is_refused(record_reader{role::acceptor}, kind, "12345678"));
  BOOST_TEST(comes(record_reader{role::acceptor}, record_kind::hello, "h"));
  BOOST_TEST(comes(record_reader{role::acceptor}, record_kind::refusal, "no"));
  BOOST_TEST(comes(opened(role::acceptor), record_kind::data, "d"));
}

BOOST_AUTO_TEST_CASE(a_second_hello_is_refused) {
  BOOST_TEST(is_refused(opened(role::acceptor), record_kind::hello, "h"));
}

BOOST_AUTO_TEST_CASE(a_dialer_takes_a_challenge_first_and_then_a_welcome_or_a_refusal) {
  for (const auto kind : {record_kind::hello, record_kind::welcome, record_kind::refusal, record_kind::ping,
                          record_kind::pong, record_kind::data, record_kind::farewell})
    BOOST_TEST(is_refused(record_reader{role::dialer}, kind, "12345678"));
  record_reader asked{role::dialer};
  BOOST_TEST(static_cast<bool>(asked.next(bytes_of(record_kind::challenge, "c"))));
  BOOST_TEST(comes(asked, record_kind::refusal, "full"));
  BOOST_TEST(comes(asked, record_kind::welcome, "w"));
}

BOOST_AUTO_TEST_CASE(nothing_comes_after_a_refusal_or_a_farewell) {
  record_reader refused{role::dialer};
  static_cast<void>(refused.next(bytes_of(record_kind::challenge, "c")));
  static_cast<void>(refused.next(bytes_of(record_kind::refusal, "")));
  BOOST_TEST(is_refused(refused, record_kind::challenge, "c"));
  record_reader refused_by_dialer{role::acceptor};
  static_cast<void>(refused_by_dialer.next(bytes_of(record_kind::refusal, "")));
  BOOST_TEST(is_refused(refused_by_dialer, record_kind::hello, "h"));
  auto cut_off = opened(role::acceptor);
  BOOST_TEST(comes(cut_off, record_kind::refusal, "no"));
  static_cast<void>(cut_off.next(bytes_of(record_kind::refusal, "no")));
  BOOST_TEST(is_refused(cut_off, record_kind::data, "d"));
  auto left = opened(role::acceptor);
  static_cast<void>(left.next(bytes_of(record_kind::farewell, "")));
  BOOST_TEST(is_refused(left, record_kind::data, "d"));
}

BOOST_AUTO_TEST_CASE(a_kind_that_is_none_is_refused_by_its_first_byte) {
  for (const unsigned number : {0u, 9u, 22u, 71u, 255u}) {
    const std::vector<std::byte> one{static_cast<std::byte>(number)};
    record_reader greeting{role::acceptor};
    BOOST_TEST(!greeting.next(one));
    auto open = opened(role::dialer);
    BOOST_TEST(!open.next(one));
  }
}

BOOST_AUTO_TEST_CASE(a_length_out_of_range_is_refused_before_the_content_has_come) {
  const auto open = opened(role::acceptor);
  BOOST_TEST(head_is_refused(open, record_kind::data, record_limits::data_bytes_max + 1));
  BOOST_TEST(!head_is_refused(open, record_kind::data, record_limits::data_bytes_max));
  BOOST_TEST(head_is_refused(open, record_kind::data, 0xffffffff));
  BOOST_TEST(head_is_refused(open, record_kind::data, 0));
  BOOST_TEST(head_is_refused(open, record_kind::ping, record_limits::ping_bytes + 1));
  BOOST_TEST(head_is_refused(open, record_kind::pong, record_limits::ping_bytes - 1));
  BOOST_TEST(head_is_refused(open, record_kind::farewell, record_limits::reason_bytes_max + 1));
  BOOST_TEST(!head_is_refused(open, record_kind::farewell, record_limits::reason_bytes_max));
  const record_reader greeting{role::acceptor};
  BOOST_TEST(head_is_refused(greeting, record_kind::hello, record_limits::greeting_bytes_max + 1));
  BOOST_TEST(!head_is_refused(greeting, record_kind::hello, record_limits::greeting_bytes_max));
  BOOST_TEST(head_is_refused(greeting, record_kind::hello, 0));
}

BOOST_AUTO_TEST_CASE(what_a_peer_says_is_one_plain_line) {
  BOOST_TEST(printable("it ends\n[warn] forged \x1b[2J\xc3\xa4~") == "it ends?[warn] forged ?[2J??~");
}

BOOST_AUTO_TEST_SUITE_END()
