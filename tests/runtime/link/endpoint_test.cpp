#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <csignal>
#include <list>
#include <optional>
#include <thread>

#include <unistd.h>

#include "frame_support.hpp"
#include "link_support.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

const std::string coordinator = "coordinator";
const std::string node_1 = "node-1";

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A coordinator that listens and a node that dials it.
struct two_nodes {
  node acceptor;
  node dialer;
  std::uint16_t port = 0;

  explicit two_nodes(const link::tls_files& a = {}, const link::tls_files& d = {})
      : two_nodes(options_of(coordinator, node_1, a), options_of(node_1, coordinator, d)) {}
  two_nodes(const link::link_options& a, const link::link_options& d) : acceptor(a, us), dialer(d, them) {
    port = value_of(acceptor.end->listen(loopback(0)));
    BOOST_TEST_REQUIRE(!dialer.end->dial(loopback(port)));
  }
};

/// A way to a port that carries 400 kB a second there, and all there is back.
class slow_way {
public:
  explicit slow_way(std::uint16_t to) {
    acceptor_.open(tcp::v4());
    acceptor_.set_option(boost::asio::socket_base::receive_buffer_size{4096});
    acceptor_.bind({boost::asio::ip::address_v4::loopback(), 0});
    acceptor_.listen();
    ways_.emplace_back([this, to] {
      acceptor_.accept(near_);
      far_.connect({boost::asio::ip::address_v4::loopback(), to});
      ways_.emplace_back([this] { carry(far_, near_, 0ms); });
      carry(near_, far_, 20ms);
    });
  }
  ~slow_way() {
    // It carries what both ends still say.
    while (!ways_.empty()) {
      ways_.front().join();
      ways_.pop_front();
    }
  }
  slow_way(const slow_way&) = delete;
  slow_way& operator=(const slow_way&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
  using tcp = boost::asio::ip::tcp;

  static void carry(tcp::socket& from, tcp::socket& to, std::chrono::milliseconds pause) {
    std::array<char, 8192> part{};
    boost::system::error_code e;
    while (!e) {
      const auto n = from.read_some(boost::asio::buffer(part), e);
      if (!e)
        boost::asio::write(to, boost::asio::buffer(part.data(), n), e);
      std::this_thread::sleep_for(pause);
    }
    boost::system::error_code ignored;  // it may be closed already
    to.shutdown(tcp::socket::shutdown_send, ignored);
  }

  boost::asio::io_context loop_;
  tcp::acceptor acceptor_{loop_};
  tcp::socket near_{loop_};
  tcp::socket far_{loop_};
  std::list<std::thread> ways_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(link_endpoint)

BOOST_AUTO_TEST_CASE(two_nodes_get_to_know_each_other) {
  two_nodes both;
  const auto at_acceptor = both.acceptor.seen.opened();
  BOOST_TEST(at_acceptor.who.name == node_1);
  BOOST_TEST(at_acceptor.who.engine == link::to_text(them));
  BOOST_TEST(at_acceptor.said == "offers");
  const auto at_dialer = both.dialer.seen.opened();
  BOOST_TEST(at_dialer.who.name == coordinator);
  BOOST_TEST(at_dialer.who.engine == link::to_text(us));
  BOOST_TEST(at_dialer.said == "terms for offers");
}

BOOST_AUTO_TEST_CASE(what_one_engine_sends_comes_to_the_other_with_tls_and_without) {
  const certificates made;
  for (const auto encrypted : {false, true}) {
    two_nodes both{encrypted ? made.of(coordinator) : link::tls_files{},
                   encrypted ? made.of(node_1) : link::tls_files{}};
    const auto at_acceptor = both.acceptor.seen.opened();
    const auto at_dialer = both.dialer.seen.opened();
    auto sent = greeting_to(link::role::acceptor);
    for (int i = 0; i < 100; ++i)
      append(sent, text_message(std::string(static_cast<std::size_t>(i) * 1000, 'x')));
    at_dialer.engine->send(sent);
    BOOST_TEST((at_acceptor.engine->receive(sent.size()) == sent));
  }
}

BOOST_AUTO_TEST_CASE(the_link_ends_at_both_sides_when_one_engine_closes_it) {
  two_nodes both;
  const auto at_dialer = both.dialer.seen.opened();
  both.acceptor.seen.opened();  // and is closed
  BOOST_TEST(says(both.acceptor.seen.closed().why, "the engine here"));
  BOOST_TEST(says(both.dialer.seen.closed().why, "it has closed the connection"));
  BOOST_TEST(at_dialer.engine->receive(1).empty());
}

BOOST_AUTO_TEST_CASE(a_frame_that_no_honest_engine_sends_ends_the_link) {
  two_nodes both;
  const auto at_acceptor = both.acceptor.seen.opened();
  const auto at_dialer = both.dialer.seen.opened();
  auto sent = greeting_to(link::role::acceptor);
  append(sent, typed_message("@<>+@exit", bytes(40)));
  at_dialer.engine->send(sent);
  BOOST_TEST(says(both.acceptor.seen.closed().why, "a message that is not one text"));
  BOOST_TEST(at_acceptor.engine->receive(sent.size()).size() <= greeting_to(link::role::acceptor).size());
}

BOOST_AUTO_TEST_CASE(a_dialer_comes_back_when_its_acceptor_does) {
  auto o = options_of(node_1, coordinator);
  node dialer{o, them};
  std::uint16_t port = 0;
  {
    node first{options_of(coordinator, node_1), us};
    port = value_of(first.end->listen(loopback(0)));
    BOOST_TEST_REQUIRE(!dialer.end->dial(loopback(port)));
    static_cast<void>(dialer.seen.opened());
  }
  dialer.seen.closed();
  node second{options_of(coordinator, node_1), us};
  BOOST_TEST(value_of(second.end->listen(loopback(port))) == port);
  BOOST_TEST(dialer.seen.opened().who.name == coordinator);
}

BOOST_AUTO_TEST_CASE(a_dialer_waits_for_an_acceptor_that_is_not_there_yet) {
  node dialer{options_of(node_1, coordinator), them};
  std::uint16_t port = 0;
  {
    node gone{options_of(coordinator, node_1), us};
    port = value_of(gone.end->listen(loopback(0)));
  }
  BOOST_TEST_REQUIRE(!dialer.end->dial(loopback(port)));
  node acceptor{options_of(coordinator, node_1), us};
  static_cast<void>(value_of(acceptor.end->listen(loopback(port))));
  BOOST_TEST(dialer.seen.opened().who.name == coordinator);
}

BOOST_AUTO_TEST_CASE(who_leaves_says_why_and_does_not_come_back) {
  two_nodes both{options_of(coordinator, "*"), options_of(node_1, coordinator)};
  const auto at_acceptor = both.acceptor.seen.opened();
  const auto at_dialer = both.dialer.seen.opened();
  both.dialer.end->leave(at_dialer.link, "enough for today");
  BOOST_TEST(says(both.acceptor.seen.closed().why, "it has left: enough for today"));
  BOOST_TEST(says(both.dialer.seen.closed().why, "we left"));
  // Another one comes, again and again, each time after its backoff: the first would have too.
  node other{options_of("node-2", coordinator), engine_of(3)};
  BOOST_TEST_REQUIRE(!other.end->dial(loopback(both.port)));
  for (int i = 0; i < 5; ++i) {
    const auto came = both.acceptor.seen.opened();
    BOOST_TEST(came.who.name == "node-2");
    both.acceptor.end->end(came.link, "for a test");
    static_cast<void>(both.acceptor.seen.closed());
  }
}

BOOST_AUTO_TEST_CASE(one_that_is_ended_hears_why_and_comes_again) {
  two_nodes both;
  const auto first = both.acceptor.seen.opened();
  both.acceptor.end->end(first.link, "for a test");
  BOOST_TEST(both.acceptor.seen.closed().why == "for a test");
  const auto at_dialer = both.dialer.seen.opened();
  BOOST_TEST(both.dialer.seen.closed().why == "it refused us: \"for a test\"");
  const auto second = both.acceptor.seen.opened();
  BOOST_TEST(second.link != first.link);
  BOOST_TEST(second.who.incarnation == first.who.incarnation);
}

BOOST_AUTO_TEST_CASE(a_process_that_ends_says_so) {
  for (const auto dialer_ends : {false, true}) {
    two_nodes both;
    const auto at_acceptor = both.acceptor.seen.opened();
    const auto at_dialer = both.dialer.seen.opened();
    (dialer_ends ? both.dialer : both.acceptor).end->close();
    BOOST_TEST((dialer_ends ? both.acceptor : both.dialer).seen.closed().why ==
               (dialer_ends ? "it has left: the node has ended" : "it has left: the run has ended"));
  }
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_no_fault_of_the_options) {
  node first{options_of(coordinator, node_1), us};
  const auto port = value_of(first.end->listen(loopback(0)));
  node second{options_of(coordinator, node_1), them};
  BOOST_TEST(is(second.end->listen(loopback(port)).error(), ec::io));
  BOOST_TEST(is(second.end->listen("127.0.0.1").error(), ec::invalid_option));
}

BOOST_AUTO_TEST_CASE(what_the_loop_tells_itself_is_heard_before_the_end) {
  node acceptor{options_of(coordinator, node_1), us};
  const auto port = value_of(acceptor.end->listen(loopback(0)));
  running_loop loop;
  happenings seen{*loop};
  std::unique_ptr<link::endpoint> dialer;
  std::thread closes;
  auto events = seen.events();
  events.closed = [&](std::uint64_t number, const link::identity&, const std::string&) {
    dialer->end(number, "too late");
    closes = std::thread{[&] {
      dialer->close();
      dialer.reset();
    }};
    for (auto is_open = true; is_open;) {
      const auto listens = dialer->listen(loopback(0));
      is_open = listens || !is(listens.error(), ec::closed);
    }
    seen.events().closed(number, {}, "");
  };
  dialer = value_of(link::endpoint::make(*loop, options_of(node_1, coordinator), them, events));
  BOOST_TEST_REQUIRE(!dialer->dial(loopback(port)));
  const auto opened = seen.opened();
  dialer->leave(opened.link, "a test");
  static_cast<void>(seen.closed());
  closes.join();
}

BOOST_AUTO_TEST_CASE(a_slow_link_is_not_taken_for_a_peer_that_takes_nothing) {
  auto quick = options_of(node_1, coordinator);
  quick.heartbeat = 100ms;
  quick.timeout = 300ms;
  // It ends after those at its ends.
  std::optional<slow_way> way;
  node dialer{quick, them};
  node acceptor{options_of(coordinator, node_1), us};
  way.emplace(value_of(acceptor.end->listen(loopback(0))));
  BOOST_TEST_REQUIRE(!dialer.end->dial(loopback(way->port())));
  const auto at_acceptor = acceptor.seen.opened();
  const auto at_dialer = dialer.seen.opened();
  auto sent = greeting_to(link::role::acceptor);
  for (int i = 0; i < 16; ++i)
    append(sent, text_message(std::string(std::size_t{60} << 10, 'x')));
  at_dialer.engine->send(sent);
  BOOST_TEST((at_acceptor.engine->receive(sent.size()) == sent));
}

BOOST_AUTO_TEST_CASE(who_allows_messages_of_another_length_is_refused) {
  auto longer = options_of(node_1, coordinator);
  longer.frame_bytes_max *= 4;
  node dialer{longer, them};
  node acceptor{options_of(coordinator, node_1), us};
  BOOST_TEST_REQUIRE(!dialer.end->dial(loopback(value_of(acceptor.end->listen(loopback(0))))));
  BOOST_TEST(says(dialer.seen.unreached(), "set it to the same at both ends"));
}

BOOST_AUTO_TEST_CASE(a_later_process_of_a_name_takes_the_place_of_an_earlier_one) {
  two_nodes both;
  const auto first = both.acceptor.seen.opened();
  node later{options_of(node_1, coordinator), engine_of(3)};
  BOOST_TEST_REQUIRE(!later.end->dial(loopback(both.port)));
  BOOST_TEST(says(both.acceptor.seen.closed().why, "it has come again"));
  const auto second = both.acceptor.seen.opened();
  BOOST_TEST(second.who.engine == link::to_text(engine_of(3)));
  BOOST_TEST(second.who.incarnation > first.who.incarnation);
}

BOOST_AUTO_TEST_CASE(who_is_refused_by_those_above_is_told_why) {
  two_nodes both;
  const auto first = both.acceptor.seen.opened();
  both.acceptor.seen.refuse("no task that it has is wanted");
  both.acceptor.end->end(first.link, "for a test");
  both.acceptor.seen.closed();
  both.dialer.seen.opened();
  both.dialer.seen.closed();
  both.acceptor.seen.await_refusal();
  BOOST_TEST(both.acceptor.seen.ups() == 0u);
  both.acceptor.seen.refuse("");
  BOOST_TEST(both.acceptor.seen.opened().who.name == node_1);
}

BOOST_AUTO_TEST_CASE(links_show_who_is_there_and_how_far_away) {
  two_nodes both;
  const auto at_acceptor = both.acceptor.seen.opened();
  const auto at_dialer = both.dialer.seen.opened();
  auto links = both.acceptor.end->links();
  while (links.empty() || links.front().round_trip == duration::zero())
    links = both.acceptor.end->links();
  BOOST_TEST(links.size() == 1u);
  BOOST_TEST(links.front().link == at_acceptor.link);
  BOOST_TEST(links.front().who.name == node_1);
  BOOST_TEST(says(links.front().address, "127.0.0.1:"));
  BOOST_TEST((links.front().round_trip < 10s));
}

BOOST_AUTO_TEST_CASE(without_tls_only_loopback_is_listened_at_and_dialed) {
  node n{options_of(node_1, coordinator), us};
  for (const std::string address : {"0.0.0.0:4000", "10.1.2.3:4000", "node.example:4000", "[::]:4000"}) {
    const auto listened = n.end->listen(address);
    BOOST_TEST_REQUIRE(!listened, address);
    BOOST_TEST(says(text_of(listened.error()), "there is no TLS"));
    BOOST_TEST(says(text_of(n.end->dial(address)), "there is no TLS"));
  }
}

BOOST_AUTO_TEST_CASE(what_is_asked_of_a_closed_endpoint_has_no_effect) {
  node n{options_of(coordinator, node_1), us};
  n.end->close();
  n.end->close();
  BOOST_TEST(!n.end->listen(loopback(0)));
  n.end->leave(1, "x");
  n.end->end(1, "x");
  BOOST_TEST(n.end->links().empty());
}

BOOST_AUTO_TEST_CASE(an_endpoint_ends_whatever_it_is_just_doing) {
  for (int i = 0; i < 100; ++i) {
    two_nodes both;
    // Some have a link by now, some have not.
    for (int pause = 0; pause < i % 10; ++pause)
      std::this_thread::yield();
  }
}

BOOST_AUTO_TEST_CASE(a_process_that_is_dialed_by_two_names_has_one_link_which_stays) {
  two_nodes both;
  const auto first = both.acceptor.seen.opened();
  const auto there = both.dialer.seen.opened();
  BOOST_TEST_REQUIRE(!both.dialer.end->dial("localhost:" + std::to_string(both.port)));
  // It is tried again every few milliseconds.
  const auto begun = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begun < 200ms) {
    const auto links = both.acceptor.end->links();
    BOOST_TEST_REQUIRE(links.size() == 1u);
    BOOST_TEST_REQUIRE(links.front().link == first.link);
  }
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_an_error_that_names_it) {
  node first{options_of(coordinator, node_1), us};
  const auto address = loopback(value_of(first.end->listen(loopback(0))));
  node second{options_of(coordinator, node_1), us};
  const auto again = second.end->listen(address);
  BOOST_TEST_REQUIRE(!again);
  BOOST_TEST(says(text_of(again.error()), address));
}

BOOST_AUTO_TEST_SUITE_END()
