#pragma once

/// The messenger of one coordinator or node, by hand: the test makes the events, and sees what is sent.

#include <weir/runtime/nodes/messenger.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir::test {

class hand_messenger {
public:
  /// What is done with each text that is sent.
  std::function<void(std::uint64_t link, std::string text)> sent = [](std::uint64_t, const std::string&) {};
  std::function<bool()> is_full = [] { return false; };
  nodes::peer_events events;

  nodes::messenger_maker maker() {
    return [this](nodes::peer_events of) -> caf::expected<std::unique_ptr<nodes::messenger>> {
      events = std::move(of);
      return std::unique_ptr<nodes::messenger>{new side{*this}};
    };
  }

private:
  class side final : public nodes::messenger {
  public:
    explicit side(hand_messenger& of) : of_(of) {}
    void close() override {}
    caf::expected<std::uint16_t> listen(const std::string&) override { return std::uint16_t{1}; }
    caf::error dial(const std::string&) override { return {}; }
    bool stop_dialing() override { return true; }
    void leave(std::uint64_t, const std::string&) override {}
    void end(std::uint64_t, const std::string&) override {}
    [[nodiscard]] std::vector<link::link_state> links() const override { return {}; }
    [[nodiscard]] std::size_t text_bytes_max() const override { return std::size_t{1} << 20; }
    bool send(std::uint64_t link, std::string text) override {
      of_.sent(link, std::move(text));
      return true;
    }
    [[nodiscard]] bool is_full(std::uint64_t) const override { return of_.is_full(); }

  private:
    hand_messenger& of_;
  };
};

}  // namespace weir::test
