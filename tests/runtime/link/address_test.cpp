#include <weir/actors/error.hpp>
#include <weir/runtime/link/address.hpp>

#include <boost/test/unit_test.hpp>

using namespace weir::link;

BOOST_AUTO_TEST_SUITE(link_address)

BOOST_AUTO_TEST_CASE(an_address_is_a_host_and_a_port) {
  for (const std::string text : {"127.0.0.1:0", "localhost:65535", "node-1.example:9000", "[::1]:80"}) {
    const auto read = read_address(text);
    BOOST_TEST_REQUIRE(static_cast<bool>(read), text);
    BOOST_TEST(to_text(*read) == text);
  }
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
  for (const std::string text : {"", ":", ":80", "host", "host:", "host:x", "host:-1", "host:65536",
                                 "host:80 ", "::1:80", "[]:80", "[::1]"}) {
    const auto read = read_address(text);
    BOOST_TEST_REQUIRE(!read, text);
    BOOST_TEST(weir::is(read.error(), weir::ec::invalid_option));
  }
}

BOOST_AUTO_TEST_CASE(loopback_is_known_by_its_text) {
  for (const std::string text : {"127.0.0.1:1", "127.8.9.1:1", "localhost:1", "[::1]:1"})
    BOOST_TEST(read_address(text)->is_loopback(), text);
  for (const std::string text :
       {"0.0.0.0:1", "10.0.0.1:1", "[::]:1", "localhost.example:1", "127.0.0.1.example:1"})
    BOOST_TEST(!read_address(text)->is_loopback(), text);
}

BOOST_AUTO_TEST_SUITE_END()
