#include <weir/actors/error.hpp>
#include <weir/runtime/link/link_options.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace weir::link;
using namespace std::chrono_literals;

namespace {

/// What is said of valid options with this change; empty if they are valid still.
std::string said_of(const std::function<void(link_options&)>& change) {
  link_options o;
  o.name = "node-1";
  o.peers = {"coordinator"};
  change(o);
  const auto e = o.validate();
  BOOST_TEST((!e || weir::is(e, weir::ec::invalid_option)));
  return e ? weir::text_of(e) : "";
}

bool names(const std::string& text, const std::string& option) {
  return text.find(option) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(options_of_a_link)

BOOST_AUTO_TEST_CASE(the_defaults_are_valid_with_a_name_and_a_peer) {
  BOOST_TEST(said_of([](auto&) {}) == "");
}

BOOST_AUTO_TEST_CASE(each_option_out_of_range_is_named) {
  BOOST_TEST(names(said_of([](auto& o) { o.name = "a b"; }), "name"));
  BOOST_TEST(names(said_of([](auto& o) { o.peers = {}; }), "peers"));
  BOOST_TEST(names(said_of([](auto& o) { o.peers = {"a b"}; }), "a b"));
  BOOST_TEST(names(said_of([](auto& o) { o.tls.key = "k"; }), "tls"));
  BOOST_TEST(names(said_of([](auto& o) { o.handshake_time = 0ms; }), "handshake_time"));
  BOOST_TEST(names(said_of([](auto& o) { o.heartbeat = 9ms; }), "heartbeat"));
  BOOST_TEST(names(said_of([](auto& o) { o.timeout = 2 * o.heartbeat - 1ns; }), "timeout"));
  BOOST_TEST(said_of([](auto& o) { o.timeout = 2 * o.heartbeat; }) == "");
  BOOST_TEST(names(said_of([](auto& o) { o.backoff = o.backoff_max + 1ns; }), "backoff"));
  BOOST_TEST(names(said_of([](auto& o) { o.backoff_max = 2h; }), "backoff_max"));
  BOOST_TEST(names(said_of([](auto& o) { o.connections_max = 0; }), "connections_max"));
  BOOST_TEST(names(said_of([](auto& o) { o.handshakes_max = 0; }), "handshakes_max"));
  BOOST_TEST(names(said_of([](auto& o) { o.frame_bytes_max = 1; }), "frame_bytes_max"));
}

BOOST_AUTO_TEST_CASE(a_peer_is_allowed_by_name_or_by_a_star) {
  link_options o;
  o.peers = {"a", "b"};
  BOOST_TEST(o.allows("b"));
  BOOST_TEST(!o.allows("c"));
  BOOST_TEST(!o.allows("*"));
  o.peers = {"*"};
  BOOST_TEST(o.allows("c"));
}

BOOST_AUTO_TEST_SUITE_END()
