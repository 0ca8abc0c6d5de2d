#include <weir/actors/log.hpp>
#include <weir/runtime/nodes/event_loop.hpp>
#include <weir/runtime/nodes/gateways.hpp>
#include <weir/runtime/nodes/messenger.hpp>
#include <weir/runtime/try_threads.hpp>

#include <caf/actor.hpp>
#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/scribe.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace weir::nodes {

namespace {

using namespace std::chrono_literals;

/// All links are published under one "port": each publication takes the place of the one before, which would
/// be kept for ever else. Nothing listens at it.
constexpr std::uint16_t no_port = 1;
/// Until a gateway must know the peer's.
constexpr auto up_time = 10s;
/// Of a frame beside its text, at most; and of that without the text's length.
constexpr std::size_t frame_overhead_bytes = 64;
constexpr std::size_t frame_front_bytes = 44;

/// Of the frame in which CAF sends a text: its length is written seven bits to a byte.
std::size_t frame_bytes_of(std::size_t text) {
  auto bytes = frame_front_bytes + text + 1;
  for (auto rest = text >> 7; rest > 0; rest >>= 7)
    ++bytes;
  return bytes;
}

using end_atom = caf::atom_constant<caf::atom("weir.end")>;
using late_atom = caf::atom_constant<caf::atom("weir.late")>;

/// For the sockets, and what CAF has by itself: a scheduler with one, its clock, its printer, and one while
/// it starts.
constexpr std::size_t threads = 5;

struct config : caf::actor_system_config {
  config() {
    detail::try_threads(threads, "whoever has links");
    load<caf::io::middleman, event_loop>();
    set("scheduler.policy", caf::atom("sharing"));
    // No actor of this system runs there.
    set("scheduler.max-threads", std::size_t{1});
    // Texts are read on the thread of the sockets: to hand them to others costs more.
    set("middleman.workers", std::size_t{0});
    set("middleman.enable-automatic-connections", false);
  }
};

/// One end of a link. It ends with `down`.
struct gateway_state {
  static constexpr const char* name = "gateway";

  std::uint64_t link = 0;
  caf::actor peer;
  std::function<void(const caf::actor&)> found;
  const gateway_events* events = nullptr;

  void meet(caf::io::broker* self, const caf::actor& whom) {
    if (peer || !whom)
      return;
    peer = whom;
    self->monitor(peer);
    found(peer);
    events->up(link);
  }
};

/// `meets`: with whom it is to get in touch, by which connection; null for one that waits for its peer.
caf::behavior gateway(caf::stateful_actor<gateway_state, caf::io::broker>* self, std::uint64_t link,
                      const gateway_events* events, std::function<void(const caf::actor&)> found,
                      std::function<void()> ended, const caf::actor& broker, caf::io::scribe_ptr meets) {
  self->state.link = link;
  self->state.events = events;
  self->state.found = std::move(found);
  // CAF delivers a message without content where one can't be read. An answer of any kind would end the
  // peer's.
  self->set_default_handler(
      [](caf::scheduled_actor*, caf::message_view&) -> caf::result<caf::message> { return caf::message{}; });
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  self->attach_functor([ended = std::move(ended)] { ended(); });
  self->delayed_send(self, up_time, late_atom::value);
  if (meets)
    self->request(broker, caf::infinite, caf::connect_atom::value, std::move(meets), no_port)
        .then(
            [self](const caf::node_id&, const caf::strong_actor_ptr& whom, const std::set<std::string>&) {
              // It does not know us yet.
              const auto peer = caf::actor_cast<caf::actor>(whom);
              self->send(peer, std::string{});
              self->state.meet(self, peer);
            },
            [self](const caf::error& e) {
              log()->warn("link: the engine over there does not answer: {}", caf::to_string(e));
              self->quit();
            });
  return {
      // From the peer's gateway. The first one has no content and says that it is there.
      [self](std::string& text) {
        auto& s = self->state;
        if (s.peer)
          s.events->text(s.link, std::move(text));
        else if (text.empty())
          s.meet(self, caf::actor_cast<caf::actor>(self->current_sender()));
        else
          self->quit();
      },
      // The link has gone, or never came up. From `detach`.
      [self](end_atom) { self->quit(); },
      // To itself.
      [self](late_atom) {
        if (!self->state.peer)
          self->quit();
      },
  };
}

}  // namespace

class gateways::core {
public:
  core(std::size_t frame_bytes_max, gateway_events events)
      : text_bytes_max_(frame_bytes_max - frame_overhead_bytes), events_(std::move(events)) {
    // They spawn actors and keep values for whoever asks, which may be a peer.
    system_.registry().erase(caf::atom("SpawnServ"));
    system_.registry().erase(caf::atom("ConfigServ"));
  }

  ~core() {
    close();
    system_.await_all_actors_done();
  }
  core(const core&) = delete;
  core& operator=(const core&) = delete;

  void close() {
    std::vector<std::uint64_t> links;
    {
      const std::lock_guard guard{mutex_};
      for (const auto& [link, both] : pairs_)
        links.push_back(link);
    }
    for (const auto link : links)
      detach(link);
    std::unique_lock lock{mutex_};
    all_ended_.wait(lock, [this] { return pairs_.empty() && telling_ == 0; });
  }

  link::engine_id id() const {
    std::vector<char> bytes;
    caf::binary_serializer to{nullptr, bytes};
    to(system_.node());
    link::engine_id id{};
    assert(bytes.size() == id.size());
    std::transform(bytes.begin(), bytes.end(), id.begin(), [](char c) { return static_cast<std::byte>(c); });
    return id;
  }

  boost::asio::io_context& loop() { return events_loop().context(); }

  link::engine_side attach(const link::opened_link& p) {
    const auto number = p.link;
    auto connection = events_loop().make_connection([this, number](std::size_t n) { left(number, n); });
    const auto dials = p.ours == link::role::dialer;
    const std::lock_guard guard{mutex_};
    const auto own = system_.middleman().spawn_broker(
        gateway, number, &events_, [this, number](const caf::actor& peer) { found(number, peer); },
        [this, number] { ended(number); }, broker_, dials ? connection.scribe : nullptr);
    pairs_[number].own = own;
    if (!dials)
      caf::anon_send(broker_, caf::publish_atom::value, std::move(connection.scribe), no_port,
                     caf::actor_cast<caf::strong_actor_ptr>(own), std::set<std::string>{});
    return {std::move(connection.end), own.id()};
  }

  void detach(std::uint64_t link) {
    caf::actor own;
    {
      const std::lock_guard guard{mutex_};
      const auto found = pairs_.find(link);
      if (found == pairs_.end())
        return;
      own = found->second.own;
    }
    caf::anon_send(own, end_atom::value);
  }

  [[nodiscard]] std::size_t text_bytes_max() const noexcept { return text_bytes_max_; }

  bool send(std::uint64_t link, std::string text) {
    assert(text.size() <= text_bytes_max_);
    caf::actor own;
    caf::actor peer;
    {
      const std::lock_guard guard{mutex_};
      const auto found = pairs_.find(link);
      if (found == pairs_.end() || !found->second.peer)
        return false;
      own = found->second.own;
      peer = found->second.peer;
    }
    const auto bytes = static_cast<std::int64_t>(frame_bytes_of(text.size()));
    caf::send_as(own, peer, std::move(text));
    const std::lock_guard guard{mutex_};
    if (const auto found = pairs_.find(link); found != pairs_.end())
      found->second.unsent += bytes;
    return true;
  }

  [[nodiscard]] bool is_full(std::uint64_t link) {
    const std::lock_guard guard{mutex_};
    const auto found = pairs_.find(link);
    return found != pairs_.end() && found->second.is_full();
  }

private:
  struct pair {
    caf::actor own;
    caf::actor peer;  // none: the link is not up yet
    // Bytes of frames with texts; some may leave before they are counted. Gateways and brokers send some
    // hundred others, which are counted only as they leave.
    std::int64_t unsent = 0;
    [[nodiscard]] bool is_full() const { return unsent > static_cast<std::int64_t>(unsent_bytes_max); }
  };

  [[nodiscard]] event_loop& events_loop() { return dynamic_cast<event_loop&>(system_.middleman().backend()); }

  void found(std::uint64_t link, const caf::actor& peer) {
    const std::lock_guard guard{mutex_};
    pairs_[link].peer = peer;
  }

  void left(std::uint64_t link, std::size_t bytes) {
    {
      const std::lock_guard guard{mutex_};
      const auto found = pairs_.find(link);
      if (found == pairs_.end())
        return;
      const auto was_full = found->second.is_full();
      found->second.unsent -= static_cast<std::int64_t>(bytes);
      if (!was_full || found->second.is_full())
        return;
    }
    events_.eased(link);
  }

  void ended(std::uint64_t link) {
    decltype(pairs_)::node_type gone;
    {
      const std::lock_guard guard{mutex_};
      gone = pairs_.extract(link);
      ++telling_;
    }
    events_.down(link);
    const std::lock_guard guard{mutex_};
    --telling_;
    all_ended_.notify_all();
  }

  const std::size_t text_bytes_max_;
  const gateway_events events_;
  std::mutex mutex_;
  std::condition_variable all_ended_;
  std::size_t telling_ = 0;  // of ends, just now
  std::map<std::uint64_t, pair> pairs_;
  config config_;
  caf::actor_system system_{config_};
  caf::actor broker_ = system_.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
};

gateways::gateways(std::size_t frame_bytes_max, gateway_events events)
    : core_(std::make_unique<core>(frame_bytes_max, std::move(events))) {}
gateways::~gateways() = default;

void gateways::close() {
  core_->close();
}

link::engine_id gateways::id() const {
  return core_->id();
}

boost::asio::io_context& gateways::loop() {
  return core_->loop();
}

link::engine_side gateways::attach(const link::opened_link& p) {
  return core_->attach(p);
}

void gateways::detach(std::uint64_t link) {
  core_->detach(link);
}

std::size_t gateways::text_bytes_max() const noexcept {
  return core_->text_bytes_max();
}

bool gateways::send(std::uint64_t link, std::string text) {
  return core_->send(link, std::move(text));
}

bool gateways::is_full(std::uint64_t link) const {
  return core_->is_full(link);
}

}  // namespace weir::nodes
