/// A node that sends messages as fast as the link takes them: each is right, and of no use.

#include <weir/runtime/link/endpoint.hpp>
#include <weir/runtime/nodes/coordinator.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "../../support/resident.hpp"
#include "../link/frame_support.hpp"
#include "../link/link_support.hpp"
#include "message_support.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

constexpr int messages = 300'000;
constexpr double memory_mib_max = 32;

/// Outcomes of calls that nobody has made, and at last that it is leaving. All on the loop's thread.
class flood final : public link::engine_end {
public:
  bool take(link::bytes_view come) override {
    come_.insert(come_.end(), come.begin(), come.end());
    if (gateway_ == 0 && come_.size() >= gateway_at + 8) {
      for (std::size_t i = 0; i < 8; ++i)
        gateway_ = gateway_ << 8 | static_cast<std::uint8_t>(come_[gateway_at + i]);
      // That it is there.
      append(out_, text_to_peer(""));
      block_ = block_of_messages();
      ready_();
    }
    return true;
  }
  std::span<std::byte> give() override {
    if (out_.empty() && gateway_ != 0)
      append(out_, next());
    if (out_.empty())
      return {};
    given_.assign(link::record_limits::head_bytes, {});
    append(given_, std::exchange(out_, {}));
    return given_;
  }
  bool is_closed() const override { return false; }
  void when_ready(std::function<void()> call) override { ready_ = std::move(call); }
  void link_has_gone() override {
    ready_ = [] {};
  }

private:
  /// Where the acceptor's handshake says who is to be talked to: behind its head, its id, the number of
  /// applications, and the one.
  static constexpr std::size_t gateway_at =
      32 + std::tuple_size_v<link::engine_id> + 2 + std::string_view{"generic-caf-app"}.size();

  bytes text_to_peer(const std::string& text) const {
    return frame(2, 0, normal_priority, their_gateway, gateway_, text_content(text));
  }
  bytes next() {
    if (left_ > 0) {
      left_ -= in_block_;
      return block_;
    }
    return std::exchange(has_ended_, true) ? bytes{}
                                           : text_to_peer(to_text(nodes::leaving_message{"it is done"}));
  }
  bytes block_of_messages() {
    bytes block;
    const auto one = text_to_peer(done_text(77, {{{}, "result"}}));
    for (; block.size() + one.size() < link::record_limits::data_bytes_max; ++in_block_)
      append(block, one);
    return block;
  }

  bytes come_;
  bytes out_ = greeting_to(link::role::acceptor);
  bytes block_;
  bytes given_;
  std::uint64_t gateway_ = 0;
  int in_block_ = 0;
  int left_ = messages;
  bool has_ended_ = false;
  std::function<void()> ready_ = [] {};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(floods)

BOOST_AUTO_TEST_CASE(many_short_messages_take_no_memory) {
  const auto coordinator = value_of(nodes::coordinator::make(options_of("coordinator", "*"), loopback(0)));
  running_loop loop;
  const auto sender = std::make_shared<flood>();
  const auto end = value_of(link::endpoint::make(
      *loop, options_of("rogue", "coordinator"), them,
      {.admit = [](const link::identity&, const std::string&) -> caf::expected<std::string> { return ""; },
       .offers =
           [] {
             return to_text(nodes::node_offer{{{"twice", "1"}}, 1, 4, 0});
           },
       .opened =
           [&](const link::opened_link&) {
             return link::engine_side{sender, their_gateway};
           },
       .closed = [](std::uint64_t, const link::identity&, const std::string&) {}}));
  BOOST_TEST_REQUIRE(!end->dial(loopback(coordinator->port())));
  BOOST_TEST_REQUIRE(!coordinator->wait_for_nodes(1, context::background()));
  const auto before = resident_mib();
  auto most = before;
  for (auto leaving = false; !leaving;) {
    most = std::max(most, resident_mib());
    std::this_thread::sleep_for(1ms);
    for (const auto& n : coordinator->nodes()) {
      BOOST_TEST_REQUIRE(n.connected);
      leaving = n.leaving;
    }
  }
  BOOST_TEST_MESSAGE(messages << " short messages: " << most - before << " MiB");
#ifndef __SANITIZE_ADDRESS__  // it keeps freed memory back on purpose
  BOOST_TEST(most - before < memory_mib_max);
#endif
}

BOOST_AUTO_TEST_SUITE_END()
