/// Who is not who it must be comes no further than its greeting: nothing of it reaches the engine, and one
/// line of the log says who it was and why.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <optional>
#include <utility>

#include "../../support/kept_log.hpp"
#include "frame_support.hpp"
#include "link_support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;

const std::string coordinator = "coordinator";
const std::string node_1 = "node-1";

/// A coordinator with TLS, and what it makes of who comes.
struct guarded : with_log {
  certificates made;
  node acceptor{options_of(coordinator, node_1, made.of(coordinator)), us};
  std::uint16_t port = value_of(acceptor.end->listen(loopback(0)));
  asio::io_context io;

  tcp::socket connected() {
    tcp::socket s{io};
    s.connect({asio::ip::address_v4::loopback(), port});
    return s;
  }

  /// The next line that has this in it.
  std::string line_with(const std::string& part) {
    auto line = lines->next();
    while (line.find(part) == std::string::npos)
      line = lines->next();
    return line;
  }

  /// Until there was a line with both texts of each pair; the sides log each in its own time.
  void await_lines(const std::pair<std::string, std::string>& one,
                   const std::pair<std::string, std::string>& other) {
    const auto has = [](const std::string& line, const auto& texts) {
      return line.find(texts.first) != std::string::npos && line.find(texts.second) != std::string::npos;
    };
    bool one_came = false;
    bool other_came = false;
    while (!one_came || !other_came) {
      const auto line = lines->next();
      one_came = one_came || has(line, one);
      other_came = other_came || has(line, other);
    }
  }

  /// One who has come was refused with one line, which has this in it.
  void check_refused(const std::string& why) {
    const auto line = lines->next();
    BOOST_TEST(line.find("link: no link with 127.0.0.1:") == 0u, line);
    BOOST_TEST(line.find(why) != std::string::npos, line);
    // Whatever else it would say has been said then.
    acceptor.end->close();
    BOOST_TEST(lines->empty());
    BOOST_TEST(acceptor.seen.ups() == 0u);
  }
};

/// A peer of TLS that is up to something. Its errors are the point: what counts is what the acceptor says.
class rogue {
public:
  rogue(tcp::socket socket, const std::function<void(ssl::context&)>& prepare)
      : context_(ssl::context::tls_client), stream_((prepare(context_), std::move(socket)), context_) {}

  bool shake_hands() {
    boost::system::error_code e;
    stream_.handshake(ssl::stream_base::client, e);
    return !e;
  }
  void write(link::record_kind kind, const std::string& content) {
    bytes out;
    link::append_record(out, kind, content);
    boost::system::error_code ignored;
    asio::write(stream_, asio::buffer(out.data(), out.size()), ignored);
  }
  /// The content of the next record; empty if there is none.
  std::string read() {
    boost::system::error_code e;
    std::array<std::byte, link::record_limits::head_bytes> head{};
    asio::read(stream_, asio::buffer(head), e);
    const auto size = std::to_integer<std::size_t>(head[3]) << 8 | std::to_integer<std::size_t>(head[4]);
    std::string content(e ? 0 : size, '\0');
    asio::read(stream_, asio::buffer(content), e);
    return content;
  }

private:
  ssl::context context_;
  ssl::stream<tcp::socket> stream_;
};

void show(ssl::context& c, const link::tls_files& files) {
  c.use_certificate_chain_file(files.certificate);
  c.use_private_key_file(files.key, ssl::context::pem);
}

/// A hello for this challenge.
std::string hello_to(const std::string& challenge, const link::identity& who) {
  return link::to_text(link::hello{who, value_of(link::read_challenge(challenge)).nonce, "",
                                   link::link_options{}.frame_bytes_max});
}

link::identity node_of(const link::engine_id& engine, const std::string& name = node_1) {
  return {name, link::to_text(engine), 1};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(identities, guarded)

BOOST_AUTO_TEST_CASE(who_shows_no_certificate_is_refused) {
  rogue peer{connected(), [](auto&) {}};
  static_cast<void>(peer.shake_hands());
  check_refused("it showed no certificate: ");
}

BOOST_AUTO_TEST_CASE(whoever_tries_again_is_refused_again_and_in_the_log_once) {
  for (int i = 0; i < 3; ++i) {
    rogue peer{connected(), [](auto&) {}};
    static_cast<void>(peer.shake_hands());
    BOOST_TEST(peer.read().empty());
  }
  check_refused("it showed no certificate: ");
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_authority_is_refused) {
  rogue peer{connected(), [&](auto& c) { show(c, made.of_another_authority(node_1)); }};
  static_cast<void>(peer.shake_hands());
  check_refused("its certificate is signed by another authority than ours: ");
}

BOOST_AUTO_TEST_CASE(a_certificate_that_has_expired_is_refused) {
  rogue peer{connected(), [&](auto& c) { show(c, made.of("expired")); }};
  static_cast<void>(peer.shake_hands());
  check_refused("its certificate has expired, by our clock: ");
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_the_certificates_is_refused) {
  rogue peer{connected(), [&](auto& c) { show(c, made.of("node-2")); }};
  BOOST_TEST(peer.shake_hands());
  peer.write(link::record_kind::hello, hello_to(peer.read(), node_of(them)));
  check_refused("it says that it is 'node-1', and its certificate is for node-2");
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_on_the_list_is_refused) {
  rogue peer{connected(), [&](auto& c) { show(c, made.of("node-2")); }};
  BOOST_TEST(peer.shake_hands());
  peer.write(link::record_kind::hello, hello_to(peer.read(), node_of(them, "node-2")));
  check_refused("it is 'node-2', which is not among the peers that may connect");
}

BOOST_AUTO_TEST_CASE(plain_text_is_refused) {
  auto socket = connected();
  asio::write(socket, asio::buffer(std::string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n"}));
  check_refused("it speaks HTTP and no TLS");
}

BOOST_AUTO_TEST_CASE(records_without_tls_are_refused) {
  auto socket = connected();
  bytes out;
  link::append_record(out, link::record_kind::hello, std::string(100, 'x'));
  asio::write(socket, asio::buffer(out.data(), out.size()));
  check_refused("it speaks no TLS, and we do");
}

BOOST_AUTO_TEST_CASE(an_older_tls_is_refused) {
  rogue peer{connected(), [&](auto& c) {
               show(c, made.of(node_1));
               SSL_CTX_set_max_proto_version(c.native_handle(), TLS1_2_VERSION);
             }};
  BOOST_TEST(!peer.shake_hands());
  check_refused("it speaks no TLS 1.3");
}

BOOST_AUTO_TEST_CASE(a_hello_that_was_recorded_is_refused) {
  std::string recorded;
  {
    rogue first{connected(), [&](auto& c) { show(c, made.of(node_1)); }};
    BOOST_TEST(first.shake_hands());
    recorded = hello_to(first.read(), node_of(them));
  }
  lines->next();  // that the first has gone
  rogue again{connected(), [&](auto& c) { show(c, made.of(node_1)); }};
  BOOST_TEST(again.shake_hands());
  static_cast<void>(again.read());
  again.write(link::record_kind::hello, recorded);
  check_refused("its hello answers another challenge");
}

BOOST_AUTO_TEST_CASE(a_node_with_our_engine_id_is_refused) {
  rogue peer{connected(), [&](auto& c) { show(c, made.of(node_1)); }};
  BOOST_TEST(peer.shake_hands());
  peer.write(link::record_kind::hello, hello_to(peer.read(), node_of(us)));
  check_refused("its engine has the same id as ours");
}

BOOST_AUTO_TEST_CASE(data_before_the_hello_is_refused) {
  rogue peer{connected(), [&](auto& c) { show(c, made.of(node_1)); }};
  BOOST_TEST(peer.shake_hands());
  peer.write(link::record_kind::data, "engine");
  check_refused("it sent a data, which may not come now");
}

BOOST_AUTO_TEST_CASE(who_is_who_it_must_be_is_admitted) {
  rogue peer{connected(), [&](auto& c) { show(c, made.of(node_1)); }};
  BOOST_TEST(peer.shake_hands());
  peer.write(link::record_kind::hello, hello_to(peer.read(), node_of(them)));
  BOOST_TEST(acceptor.seen.opened().who.name == node_1);
  BOOST_TEST(lines->next().find("link: node-1 at 127.0.0.1:") == 0u);
}

BOOST_AUTO_TEST_CASE(a_dialer_takes_nobody_for_its_acceptor_who_is_not) {
  // Node 2 has an honest certificate, and listens where the coordinator is looked for.
  node other{options_of("node-2", node_1, made.of("node-2")), us};
  const auto there = value_of(other.end->listen(loopback(0)));
  node dialer{options_of(node_1, coordinator, made.of(node_1)), them};
  BOOST_TEST_REQUIRE(!dialer.end->dial(loopback(there)));
  const auto why = "it is 'node-2', and 'coordinator' was expected";
  await_lines({"link: no link to", why},
              {"link: no link with 127.0.0.1:", std::string{"it refused us: \""} + why});
  BOOST_TEST(dialer.seen.ups() == 0u);
  BOOST_TEST(other.seen.ups() == 0u);
}

BOOST_AUTO_TEST_CASE(an_acceptor_of_another_version_is_told_so) {
  tcp::acceptor there{io, {asio::ip::address_v4::loopback(), 0}};
  node dialer{options_of(node_1, coordinator), them};
  BOOST_TEST_REQUIRE(!dialer.end->dial(loopback(there.local_endpoint().port())));
  auto socket = there.accept();
  bytes question;
  link::append_record(question, link::record_kind::challenge, std::string{R"({"version": 4711})"});
  asio::write(socket, asio::buffer(question.data(), question.size()));
  boost::system::error_code e;
  std::string answer;
  asio::read(socket, asio::dynamic_buffer(answer), e);
  BOOST_TEST(e == asio::error::eof);
  BOOST_TEST(answer.front() == static_cast<char>(link::record_kind::refusal));
  BOOST_TEST(answer.find("it speaks version 4711 of the protocol, not 1") != std::string::npos, answer);
}

BOOST_AUTO_TEST_CASE(a_dialer_whose_authority_is_not_known_is_told_so) {
  node dialer{options_of(node_1, coordinator, made.of_newcomer(node_1)), them};
  BOOST_TEST_REQUIRE(!dialer.end->dial(loopback(port)));
  await_lines({"link: no link with 127.0.0.1:", "its certificate is signed by another authority than ours: "},
              {"link: no link to", "it does not know the authority that has signed our certificate: "});
}

BOOST_AUTO_TEST_CASE(with_tls_on_one_side_alone_both_say_so) {
  auto plain = options_of(node_1, coordinator);
  plain.handshake_time = std::chrono::milliseconds{50};
  node dialer{plain, them};
  BOOST_TEST_REQUIRE(!dialer.end->dial(loopback(port)));
  BOOST_TEST(line_with("no link to").find("it may want TLS; then set authority") != std::string::npos);
  node bare{options_of(coordinator, node_1), engine_of(3)};
  node with{options_of(node_1, coordinator, made.of(node_1)), engine_of(4)};
  BOOST_TEST_REQUIRE(!with.end->dial(loopback(value_of(bare.end->listen(loopback(0))))));
  await_lines({"link: no link with 127.0.0.1:", "it speaks TLS, and we do not"},
              {"link: no link to", "it speaks no TLS, and we do: set authority"});
}

BOOST_AUTO_TEST_SUITE_END()
