#include <weir/runtime/nodes/peers.hpp>

#include <boost/test/unit_test.hpp>

#include <set>

#include "../../support/arrivals.hpp"
#include "../link/link_support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

const std::string coordinator = "coordinator";
const std::string node_1 = "node-1";

/// What is told of the peers of a node, to be waited for in its order.
class whole_node {
public:
  explicit whole_node(const link::link_options& options)
      : peers_(value_of(nodes::peers::make(options, events()))) {}

  /// The link that comes up next.
  nodes::peer up() { return ups_.take(); }
  struct gone {
    std::uint64_t link;
    std::string why;
  };
  gone down() { return downs_.take(); }
  std::string text() { return texts_.take(); }
  /// Why the next try to reach whoever it dials has failed.
  std::string failure() { return failures_.take(); }
  [[nodiscard]] std::size_t ups() { return ups_.size(); }

  nodes::peers* operator->() { return peers_.get(); }

  /// As its process does.
  void end() { peers_.reset(); }

private:
  nodes::peer_events events() {
    return {.admit = [](const link::identity&, const std::string& offers) -> caf::expected<std::string> {
              return "terms for " + offers;
            },
            .offers = [] { return std::string{"offers"}; },
            .up = [this](const nodes::peer& p) { ups_.add(p); },
            .text = [this](std::uint64_t, std::string t) { texts_.add(std::move(t)); },
            .down =
                [this](std::uint64_t n, const std::string& why) {
                  downs_.add(gone{n, why});
                },
            .unreached = [this](const std::string& why) { failures_.add(why); }};
  }
  arrivals<nodes::peer> ups_;
  arrivals<gone> downs_;
  arrivals<std::string> texts_;
  arrivals<std::string> failures_;
  std::unique_ptr<nodes::peers> peers_;
};

struct two_whole_nodes {
  whole_node acceptor;
  whole_node dialer;

  explicit two_whole_nodes(const link::tls_files& a = {}, const link::tls_files& d = {})
      : acceptor(options_of(coordinator, node_1, a)), dialer(options_of(node_1, coordinator, d)) {
    const auto port = value_of(acceptor->listen(loopback(0)));
    BOOST_TEST_REQUIRE(!dialer->dial(loopback(port)));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(peers_of_a_node)

BOOST_AUTO_TEST_CASE(a_peer_is_who_it_said_it_is) {
  two_whole_nodes both;
  const auto at_acceptor = both.acceptor.up();
  BOOST_TEST(at_acceptor.who.name == node_1);
  BOOST_TEST(at_acceptor.said == "offers");
  const auto at_dialer = both.dialer.up();
  BOOST_TEST(at_dialer.who.name == coordinator);
  BOOST_TEST(at_dialer.said == "terms for offers");
}

BOOST_AUTO_TEST_CASE(texts_go_both_ways_in_order_with_tls_and_without) {
  const certificates made;
  for (const auto encrypted : {false, true}) {
    two_whole_nodes both{encrypted ? made.of(coordinator) : link::tls_files{},
                         encrypted ? made.of(node_1) : link::tls_files{}};
    const auto at_acceptor = both.acceptor.up().link;
    const auto at_dialer = both.dialer.up().link;
    const auto text = [](std::size_t i) { return std::string(i * 500, static_cast<char>('a' + i % 26)); };
    for (std::size_t i = 0; i < 200; ++i) {
      BOOST_TEST(both.dialer->send(at_dialer, text(i)));
      BOOST_TEST(both.acceptor->send(at_acceptor, text(i) + "!"));
    }
    for (std::size_t i = 0; i < 200; ++i) {
      BOOST_TEST((both.acceptor.text() == text(i)));
      BOOST_TEST((both.dialer.text() == text(i) + "!"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_link_that_is_cut_goes_down_at_both_ends_and_comes_up_again) {
  two_whole_nodes both;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 20; ++i) {
    const auto at_acceptor = both.acceptor.up().link;
    const auto at_dialer = both.dialer.up().link;
    BOOST_TEST(seen.insert(at_dialer).second);
    both.dialer->send(at_dialer, "from the dialer");
    BOOST_TEST(both.acceptor.text() == "from the dialer");
    both.acceptor->send(at_acceptor, "from the acceptor");
    BOOST_TEST(both.dialer.text() == "from the acceptor");
    if (i % 2 == 0)
      both.acceptor->end(at_acceptor, "for a test");
    else
      both.dialer->end(at_dialer, "for a test");
    const auto gone_there = both.acceptor.down();
    const auto gone_here = both.dialer.down();
    BOOST_TEST(gone_there.link == at_acceptor);
    BOOST_TEST(gone_here.link == at_dialer);
    BOOST_TEST((i % 2 == 0 ? gone_there : gone_here).why == "for a test");
    BOOST_TEST(!both.dialer->send(at_dialer, "too late"));
  }
}

BOOST_AUTO_TEST_CASE(a_process_that_ends_makes_room_for_the_next_of_its_name) {
  whole_node acceptor{options_of(coordinator, node_1)};
  const auto port = value_of(acceptor->listen(loopback(0)));
  for (int i = 0; i < 10; ++i) {
    whole_node dialer{options_of(node_1, coordinator)};
    BOOST_TEST_REQUIRE(!dialer->dial(loopback(port)));
    const auto at_acceptor = acceptor.up();
    dialer->send(dialer.up().link, "one");
    BOOST_TEST(acceptor.text() == "one");
    dialer.end();
    BOOST_TEST(acceptor.down().link == at_acceptor.link);
  }
}

BOOST_AUTO_TEST_CASE(a_link_that_goes_before_it_is_up_is_a_try_that_has_failed) {
  // Its engine says nothing, so that the gateways do not get to know each other.
  node acceptor{options_of(coordinator, node_1), us};
  whole_node dialer{options_of(node_1, coordinator)};
  BOOST_TEST_REQUIRE(!dialer->dial(loopback(value_of(acceptor.end->listen(loopback(0))))));
  const auto here = acceptor.seen.opened();
  acceptor.end->end(here.link, "for a test");
  BOOST_TEST(dialer.failure() == "it refused us: \"for a test\"");
  BOOST_TEST(dialer.ups() == 0u);
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_on_a_link_that_is_not_there) {
  two_whole_nodes both;
  BOOST_TEST(!both.dialer->send(4711, "x"));
}

BOOST_AUTO_TEST_SUITE_END()
