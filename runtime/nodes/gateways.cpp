#include <weir/actors/log.hpp>
#include <weir/runtime/nodes/gateways.hpp>
#include <weir/runtime/system/unique_fd.hpp>

#include <caf/actor.hpp>
#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>
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

#include <fcntl.h>
#include <sys/resource.h>

namespace weir::nodes {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t message_threads = 2;
/// All links are published under one "port": each publication takes the place of the one before, which would
/// be kept for ever else. Nothing listens at it.
constexpr std::uint16_t no_port = 1;
/// Between two looks whether CAF has let go of an earlier link, and how long that may take.
constexpr auto release_pause = 2ms;
constexpr auto release_time = 5s;
/// Until a gateway must know the peer's.
constexpr auto up_time = 10s;
/// Of a frame beside its text.
constexpr std::size_t frame_overhead_bytes = 64;

using end_atom = caf::atom_constant<caf::atom("weir.end")>;
using peer_atom = caf::atom_constant<caf::atom("weir.peer")>;
using late_atom = caf::atom_constant<caf::atom("weir.late")>;
using begin_atom = caf::atom_constant<caf::atom("weir.begin")>;

struct config : caf::actor_system_config {
  config() {
    load<caf::io::middleman>();
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", message_threads);
    // Texts are read on the thread of the sockets: to hand them to others costs more.
    set("middleman.workers", std::size_t{0});
    set("middleman.enable-automatic-connections", false);
  }
};

/// CAF knows a connection by the number of its descriptor, and may still be about to clean up after one that
/// has just been closed when the next one gets its number. So no number comes again soon.
class fresh_numbers {
public:
  detail::unique_fd renumbered(detail::unique_fd fd) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
      return fd;
    const auto most = static_cast<unsigned>(std::min<rlim_t>(limit.rlim_cur, 65'536));
    const auto span = most / 2;
    const auto number = static_cast<int>(most / 4 + (span > 0 ? next_++ % span : 0));
    detail::unique_fd fresh{::fcntl(fd.get(), F_DUPFD_CLOEXEC, number)};
    return fresh ? std::move(fresh) : std::move(fd);
  }

private:
  unsigned next_ = 0;
};

/// One end of a link. It ends with `down`.
struct gateway_state {
  static constexpr const char* name = "gateway";

  std::uint64_t link = 0;
  caf::actor peer;
  std::shared_ptr<link::backlog> unhandled;
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

caf::behavior gateway(caf::stateful_actor<gateway_state, caf::io::broker>* self, std::uint64_t link,
                      std::shared_ptr<link::backlog> unhandled, const gateway_events* events,
                      std::function<void(const caf::actor&)> found, std::function<void()> ended) {
  self->state.link = link;
  self->state.unhandled = std::move(unhandled);
  self->state.events = events;
  self->state.found = std::move(found);
  // CAF delivers a message without content where one can't be read. An answer of any kind would end the
  // peer's.
  self->set_default_handler(
      [](caf::scheduled_actor*, caf::message_view&) -> caf::result<caf::message> { return caf::message{}; });
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  self->attach_functor([ended = std::move(ended)] { ended(); });
  self->delayed_send(self, up_time, late_atom::value);
  return {
      // From the peer's gateway. The first one has no content and says that it is there.
      [self](std::string& text) {
        auto& s = self->state;
        const auto bytes = text.size();
        if (s.peer)
          s.events->text(s.link, std::move(text));
        else if (text.empty())
          s.meet(self, caf::actor_cast<caf::actor>(self->current_sender()));
        else
          self->quit();
        s.unhandled->take_off(bytes);
      },
      // The peer's gateway, where we dialed: it does not know us yet. From the keeper.
      [self](peer_atom, const caf::actor& whom) {
        self->send(whom, std::string{});
        self->state.meet(self, whom);
      },
      // The link has gone, or never came up. From `detach`, or the keeper.
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
    keeper_ = system_.middleman().spawn_broker([this](caf::io::broker* self) { return keeper(self); });
  }

  ~core() {
    close();
    caf::anon_send(keeper_, end_atom::value);
    keeper_ = nullptr;
    system_.await_all_actors_done();
    waiting_.clear();
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

  std::uint64_t attach(link::opened_link p) {
    const auto number = p.link;
    auto made = system_.middleman().spawn_broker(
        gateway, number, p.unhandled, &events_,
        [this, number](const caf::actor& peer) { found(number, peer); }, [this, number] { ended(number); });
    {
      const std::lock_guard guard{mutex_};
      pairs_[number].own = made;
      waiting_.emplace(number, opening{std::move(p), made, std::chrono::steady_clock::now()});
    }
    caf::anon_send(keeper_, begin_atom::value, number);
    return made.id();
  }

  void detach(std::uint64_t link) {
    caf::actor own;
    {
      const std::lock_guard guard{mutex_};
      waiting_.erase(link);
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
    caf::send_as(own, peer, std::move(text));
    return true;
  }

private:
  struct pair {
    caf::actor own;
    caf::actor peer;  // none: the link is not up yet
  };

  /// A link that waits to be given to CAF.
  struct opening {
    link::opened_link over;
    caf::actor gateway;
    std::chrono::steady_clock::time_point since;
  };

  caf::behavior keeper(caf::io::broker* self);
  void open(caf::io::broker* self, std::uint64_t link);
  void connect(caf::io::broker* self, opening o);
  [[nodiscard]] bool is_held(const link::opened_link& p);

  void found(std::uint64_t link, const caf::actor& peer) {
    const std::lock_guard guard{mutex_};
    pairs_[link].peer = peer;
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
  std::map<std::uint64_t, opening> waiting_;
  fresh_numbers numbers_;  // of the keeper's
  config config_;
  caf::actor_system system_{config_};
  caf::actor broker_ = system_.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
  caf::actor keeper_;
};

/// Gives links to CAF, each once CAF has let go of those that the same process had before: one that comes
/// while there is an earlier one would be taken for another way to the same place, and its end for none.
caf::behavior gateways::core::keeper(caf::io::broker* self) {
  return {
      // A link waits. From `attach`, and to itself.
      [this, self](begin_atom, std::uint64_t link) { open(self, link); },
      // The last one. From the destructor.
      [self](end_atom) { self->quit(); },
  };
}

bool gateways::core::is_held(const link::opened_link& p) {
  const auto id = link::read_engine_id(p.who.engine);
  std::vector<char> bytes;
  for (const auto b : *id)
    bytes.push_back(static_cast<char>(b));
  caf::node_id node;
  caf::binary_deserializer from{nullptr, bytes};
  static_cast<void>(from(node));
  auto& broker = dynamic_cast<caf::io::basp_broker&>(*caf::actor_cast<caf::abstract_actor*>(broker_));
  return static_cast<bool>(broker.instance.tbl().lookup_direct(node));
}

void gateways::core::open(caf::io::broker* self, std::uint64_t link) {
  std::unique_lock lock{mutex_};
  const auto found = waiting_.find(link);
  if (found == waiting_.end())
    return;
  const auto held = is_held(found->second.over);
  if (held && std::chrono::steady_clock::now() - found->second.since < release_time) {
    self->delayed_send(self, release_pause, begin_atom::value, link);
    return;
  }
  auto o = std::move(waiting_.extract(found).mapped());
  lock.unlock();
  if (held) {
    log()->warn("link: CAF has not let go of an earlier link to {}", o.over.who.name);
    caf::anon_send(o.gateway, end_atom::value);
    return;
  }
  connect(self, std::move(o));
}

void gateways::core::connect(caf::io::broker* self, opening o) {
  auto& sockets = dynamic_cast<caf::io::network::default_multiplexer&>(system_.middleman().backend());
  auto scribe = sockets.new_scribe(numbers_.renumbered(std::move(o.over.engine)).release());
  if (o.over.ours == link::role::acceptor) {
    caf::anon_send(broker_, caf::publish_atom::value, std::move(scribe), no_port,
                   caf::actor_cast<caf::strong_actor_ptr>(o.gateway), std::set<std::string>{});
    return;
  }
  self->request(broker_, release_time, caf::connect_atom::value, std::move(scribe), no_port)
      .then(
          [gateway = o.gateway](const caf::node_id&, const caf::strong_actor_ptr& whom,
                                const std::set<std::string>&) {
            caf::anon_send(gateway, peer_atom::value, caf::actor_cast<caf::actor>(whom));
          },
          [gateway = o.gateway, name = o.over.who.name](const caf::error& e) {
            log()->warn("link: the engine of {} does not answer: {}", name, caf::to_string(e));
            caf::anon_send(gateway, end_atom::value);
          });
}

gateways::gateways(std::size_t frame_bytes_max, gateway_events events)
    : core_(std::make_unique<core>(frame_bytes_max, std::move(events))) {}
gateways::~gateways() = default;

void gateways::close() {
  core_->close();
}

link::engine_id gateways::id() const {
  return core_->id();
}

std::uint64_t gateways::attach(link::opened_link p) {
  return core_->attach(std::move(p));
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

}  // namespace weir::nodes
